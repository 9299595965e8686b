/**
 * The reader of a report sorts its tables: a press on a title sorts the rows by that column, ascending, and another
 * descending; `aria-sort` says how. Cells of the class `text` are compared as words, others as the numbers that they
 * begin with; those without one stay last.
 * @module
 */
const words = new Intl.Collator("en", { numeric: true });
const sort = (table: HTMLTableElement, title: HTMLTableCellElement, descending: boolean) => {
  const column = title.cellIndex;
  const sign = descending ? -1 : 1;
  const keyed = [...table.tBodies[0].rows].map((row) => {
    const text = row.cells[column].textContent ?? "";
    return { row, text, number: parseFloat(text) };
  });
  keyed.sort((a, b) => {
    if (title.classList.contains("text")) return sign * words.compare(a.text, b.text);
    if (isNaN(a.number) || isNaN(b.number)) return Number(isNaN(a.number)) - Number(isNaN(b.number));
    return sign * (a.number - b.number) || 0;
  });
  table.tBodies[0].append(...keyed.map(({ row }) => row));
};
for (const table of document.querySelectorAll<HTMLTableElement>("table.sortable")) {
  const titles = [...table.tHead!.rows[0].cells];
  for (const title of titles) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener("click", () => {
      const descending = title.ariaSort === "ascending";
      for (const other of titles) other.removeAttribute("aria-sort");
      title.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sort(table, title, descending);
    });
  }
}
