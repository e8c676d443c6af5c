// A click on a column's head sorts a table of results: numbers by value, then words by letter.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.dataframe")) {
    const heads = table.tHead?.rows[table.tHead.rows.length - 1].cells ?? [];
    for (const head of heads) head.addEventListener("click", () => sort(table, head, heads));
  }
});

function sort(table, head, heads) {
  const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  const text = (row) => row.cells[head.cellIndex]?.textContent.trim() ?? "";
  const value = (row) => parseFloat(text(row).replace("\u2212", "-"));
  const compare = (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (isNaN(x) !== isNaN(y)) return isNaN(x) ? 1 : -1;
    return sign * (isNaN(x) ? text(a).localeCompare(text(b)) : x - y);
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
}
