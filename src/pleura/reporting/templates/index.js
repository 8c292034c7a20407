const body = document.querySelector("#scans tbody"), heads = [...document.querySelectorAll("#scans thead th")];
const value = (row, column) => {
  const cell = row.cells[column], text = cell.dataset.value ?? cell.textContent.trim(), number = Number(text);
  return text === "" || text === "-" ? null : Number.isNaN(number) ? text : number;
};
const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
heads.forEach((head) => head.querySelector("button").addEventListener("click", () => {
  const column = head.cellIndex, down = head.getAttribute("aria-sort") === "ascending";
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...body.rows].map((row) => [value(row, column), row]);
  rows.sort(([a], [b]) => a === null || b === null ? (a === null) - (b === null) : down ? compare(b, a) : compare(a, b));
  body.replaceChildren(...rows.map(([, row]) => row));
}));
