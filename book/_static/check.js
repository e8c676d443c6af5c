// A table of scores, checked where it is pasted: the bounds of `scorecheck` that need no more than that
// all columns of a row average alike, over hard masks of two classes with a lesion in each image.
// scorecheck/METHODS.md proves them; a test compares both.
const QUANTITIES = {
  dice: /^(dice|dsc|f1)/i,
  iou: /^(iou|jaccard|ji$)/i,
  precision: /^(precision|ppv)/i,
  recall: /^(recall|sensitivity|tpr)/i,
  accuracy: /^(accuracy|acc$)/i,
};
const NUMBER = /^(?:\d+(?:\.\d+)?|\.\d+)$/;
const ROOM = 1e-9;

// A printed number was rounded or cut: it stands for half a unit less to a unit more.
function span(text, decimals) {
  const percent = text.endsWith("%"), bare = text.replace(/\s*%$/, "");
  const shown = (bare.split(".")[1] ?? "").length;
  if (!shown && !percent) return [+bare, +bare];
  const unit = 10 ** -Math.min(shown, decimals), scale = percent ? 100 : 1;
  return [(+bare - unit / 2) / scale, (+bare + unit) / scale];
}

// Zeros that end all numbers of a column were appended by a format and do not count.
function decimalsThatCount(texts) {
  const bare = [...new Set(texts.map((text) => text.replace(/\s*%$/, "")))];
  const numbers = bare.filter((t) => t.includes(".") && ![0, 1, 100].includes(+t));
  const places = (text) => text.split(".")[1].length;
  const counted = Math.max(0, ...numbers.map((text) => places(text.replace(/0+$/, ""))));
  return numbers.filter((text) => places(text) > counted).length > 1 ? counted : Infinity;
}

const meet = ([a, b], [c, d]) => a <= d + ROOM && c <= b + ROOM;
const clipped = (ends) => ends.map((end) => Math.min(Math.max(end, 0), 1));
const shown = ([low, high]) => (low === high ? `${+low.toPrecision(4)}` : `${low.toFixed(4)} to ${high.toFixed(4)}`);

// What each row allows; `row` is quantity -> span.
function bounds(row) {
  const cut = Object.fromEntries(Object.entries(row).map(([name, ends]) => [name, clipped(ends)]));
  const { dice, iou, precision, recall, accuracy } = cut, found = [];
  const ask = (kind, name, allowed, why) => found.push({ kind, name, allowed, why, fits: meet(row[name], allowed) });
  for (const name in row) ask("a share", name, [0, 1], "a share lies between 0 and 1");
  if (dice && iou)
    ask("Dice and IoU", "iou", [dice[0] / (2 - dice[0]), dice[1]], "D / (2 − D) ≤ IoU ≤ D");
  for (const name of ["dice", "iou"])
    if (row[name] && precision && recall) {
      const sum = precision[1] + recall[1], most = sum ? (2 * precision[1] * recall[1]) / sum : 0;
      const kind = name === "dice" ? "F1, precision and recall" : "IoU, precision and recall";
      const least = Math.max(0, precision[0] + recall[0] - 1);
      ask(kind, name, [least, most], "P + R − 1 ≤ it ≤ 2PR / (P + R)");
    }
  if (iou && accuracy) ask("IoU and accuracy", "iou", [0, accuracy[1]], "no IoU of two classes exceeds the accuracy");
  return found;
}

// Rows of a pasted table; whatever cannot be read is refused with its place.
function checkTable(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  if (lines.length < 2) throw new Error("Paste a line of column names and at least one row.");
  const mark = ["\t", ";", "|", ","].find((one) => lines[0].includes(one));
  if (!mark) throw new Error("No tab, comma, semicolon or | parts the column names.");
  const [head, ...rows] = lines.map((line) => line.split(mark).map((cell) => cell.trim()));
  const named = head.map((name) => Object.keys(QUANTITIES).find((of) => QUANTITIES[of].test(name)));
  const twice = named.find((name, i) => name && named.indexOf(name) !== i);
  if (twice) throw new Error(`Two columns are ${twice}: leave one out.`);
  if (!named.some(Boolean)) throw new Error("No column is named Dice, IoU, precision, recall or accuracy.");
  const columns = named.map((name, i) => ({ name, i })).filter((column) => column.name);
  for (const [n, row] of rows.entries()) {
    if (row.length !== head.length)
      throw new Error(`Row ${n + 1} has ${row.length} cells, the head ${head.length}: mend it.`);
    for (const { i } of columns)
      if (row[i] && !NUMBER.test(row[i].replace(/\s*%$/, "")))
        throw new Error(`Row ${n + 1}, ${head[i]}: "${row[i]}" is no number: write 0.85 or 85 %, or leave it empty.`);
  }
  for (const { i } of columns) {
    const bare = rows.some((row) => row[i] && !row[i].endsWith("%") && +row[i] > 2);  // per cent
    if (bare) rows.forEach((row) => row[i] && !row[i].endsWith("%") && (row[i] += "%"));
  }
  const counts = columns.map(({ i }) => decimalsThatCount(rows.map((row) => row[i]).filter(Boolean)));
  return rows.map((row, n) => {
    const given = columns.map(({ name, i }, k) => row[i] && [name, span(row[i], counts[k])]).filter(Boolean);
    return { row: row[named.findIndex((name) => !name)] || `row ${n + 1}`, checks: bounds(Object.fromEntries(given)) };
  });
}

document.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("check-table");
  if (!root) return;
  const told = root.querySelector("[data-part=told]");
  const line = (kind, text) => Object.assign(document.createElement(kind), { textContent: text });
  const check = () => {
    told.replaceChildren();
    try {
      const rows = checkTable(root.querySelector("textarea").value);
      const all = rows.flatMap(({ row, checks }) => checks.map((one) => ({ row, ...one })));
      const not = all.filter((one) => !one.fits);
      told.append(line("p", `${all.length} checks, ${not.length} do not fit.`));
      const list = document.createElement("ul");
      for (const { row, name, allowed, why } of not)
        list.append(line("li", `${row}: ${name} has to lie in ${shown(allowed)}, since ${why}.`));
      told.append(list);
    } catch (error) {
      told.append(line("p", error.message));
    }
  };
  root.querySelector("button").addEventListener("click", check);
});
