for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => head.firstElementChild.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const isNumber = head.classList.contains("number");
    const rows = [...table.tBodies[0].rows].map((row) => [row.cells[place].dataset.value, row]);
    const compare = (a, b) => isNumber ? a - b : a.localeCompare(b);
    rows.sort(([a], [b]) => (a === "") - (b === "") || (a === "" ? 0 : down ? compare(b, a) : compare(a, b)));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }));
}
