// A click on a column's head sorts a table of results: numbers by value, words by letter.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.dataframe")) {
    const heads = table.tHead?.rows[table.tHead.rows.length - 1].cells ?? [];
    for (const head of heads) head.addEventListener("click", () => sort(table, head, heads));
  }
});

function sort(table, head, heads) {
  const descending = head.getAttribute("aria-sort") === "ascending";
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const text = (row) => row.cells[head.cellIndex]?.textContent.trim() ?? "";
  const compare = (a, b) => {
    const [x, y] = [parseFloat(text(a)), parseFloat(text(b))];
    return isNaN(x) || isNaN(y) ? text(a).localeCompare(text(b)) : x - y;
  };
  const rows = [...table.tBodies[0].rows].sort(compare);
  table.tBodies[0].append(...(descending ? rows.reverse() : rows));
}
