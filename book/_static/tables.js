// Tables of results: columns of numbers stand to the right, and a click on a column's head sorts,
// numbers by value, then words by letter.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.dataframe, .cell_output table")) {
    const heads = [...(table.tHead?.rows[table.tHead.rows.length - 1].cells ?? [])];
    if (!heads.length || !table.tBodies.length) continue;
    table.classList.add("results");
    for (const head of heads) {
      head.addEventListener("click", () => sort(table, head, heads));
      align(table, head);
    }
  }
});

const text = (row, head) => row.cells[head.cellIndex]?.textContent.trim() ?? "";
const value = (row, head) => parseFloat(text(row, head).replace("\u2212", "-").replace(/\s/g, ""));

function align(table, head) {
  const rows = [...table.tBodies[0].rows];
  const number = /^([-+\u2212]?[\d.\s]+((\u2013| to )[-+\u2212]?[\d.]+)?|\u2013|nan|)$/i;
  if (!rows.every((row) => number.test(text(row, head)))) return;
  for (const row of [...table.tHead.rows].slice(-1).concat(rows))
    row.cells[head.cellIndex]?.classList.add("number");
}

function sort(table, head, heads) {
  const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  const compare = (a, b) => {
    const [x, y] = [value(a, head), value(b, head)];
    if (isNaN(x) !== isNaN(y)) return isNaN(x) ? 1 : -1;
    return sign * (isNaN(x) ? text(a, head).localeCompare(text(b, head)) : x - y);
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
}
