// A table that is wider than its place can be reached and scrolled by keyboard.
function reachable(wrap) {
  const wide = wrap.scrollWidth > wrap.clientWidth + 1;
  wrap.tabIndex = wide ? 0 : -1;
  if (!wide) wrap.removeAttribute("tabindex");
  const name = wrap.querySelector("caption")?.textContent.trim();
  if (wide && name) {
    wrap.setAttribute("role", "group");
    wrap.setAttribute("aria-label", name);
  }
}
const reachAll = () => document.querySelectorAll(".k-table-wrap, pre").forEach(reachable);
addEventListener("resize", reachAll);
document.addEventListener("htmx:load", reachAll);
reachAll();

// Lists by keyboard (j, k, x, o, f, ?) and the bulk bar. A list is a table with data-list; o follows its first link.
const rowsOf = (list) => [...list.querySelectorAll("tbody tr[data-row]")];
const typing = (element) => element.closest("input:not([type=checkbox]), select, textarea, dialog, [contenteditable]");
const currentList = () => document.querySelector("[data-list]");

function moveCursor(step) {
  const list = currentList();
  if (!list) return;
  const rows = rowsOf(list);
  const at = rows.findIndex((row) => row.classList.contains("k-cursor"));
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  if (!next) return;
  rows[at]?.classList.remove("k-cursor");
  next.classList.add("k-cursor");
  (next.querySelector("a[href]") ?? next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const cursorRow = () => currentList()?.querySelector("tr.k-cursor");

function toggleCursorRow() {
  const box = cursorRow()?.querySelector(".k-check input");
  if (box) box.click();
}

// A row with rows below it opens and closes where it stands.
function twist(event, selector) {
  const found = (document.activeElement?.closest?.("tr[data-row]") ?? cursorRow())?.querySelector(selector);
  if (!found) return;
  event.preventDefault();
  found.click();
}
// What is drawn anew keeps the row that the reader is on.
document.addEventListener("htmx:afterSettle", () => {
  document.activeElement?.closest?.("[data-list] tr[data-row]")?.classList.add("k-cursor");
});

const keys = {
  j: () => moveCursor(1),
  k: () => moveCursor(-1),
  x: toggleCursorRow,
  ArrowRight: (event) => twist(event, "[data-open]"),
  ArrowLeft: (event) => twist(event, "[data-close]"),
  o: () => cursorRow()?.querySelector("a[href]")?.click(),
  f: (event) => {
    const find = document.querySelector("[data-find]");
    if (!find) return;
    event.preventDefault();
    find.focus();
    find.select();
  },
  J: () => document.querySelector("[data-next]")?.click(),
  K: () => document.querySelector("[data-previous]")?.click(),
  "?": () => document.getElementById("keys")?.showModal(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  keys[event.key]?.(event);
});

function showSelection(form) {
  const boxes = [...form.querySelectorAll("tbody .k-check input")];
  const chosen = boxes.filter((box) => box.checked).length;
  const bar = form.querySelector("[data-bulk-bar]");
  const all = form.querySelector("thead .k-check input");
  if (bar) {
    bar.hidden = chosen === 0;
    bar.querySelector("[data-bulk-count]").textContent = chosen;
  }
  if (all) {
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
}

function setAll(form, checked) {
  for (const box of form.querySelectorAll("tbody .k-check input")) box.checked = checked;
  showSelection(form);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-bulk]");
  if (!form) return;
  if (event.target.closest("thead .k-check")) setAll(form, event.target.checked);
  else showSelection(form);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-bulk-clear]")) setAll(event.target.closest("form[data-bulk]"), false);
});
document.querySelectorAll("form[data-bulk]").forEach(showSelection);

// Cells to type into: arrows and Enter move among them as in a spreadsheet; left and right only from the ends of the text.
document.addEventListener("keydown", (event) => {
  const input = event.target.closest?.("[data-cells] input");
  if (!input || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = input.closest("tr"), column = [...row.cells].indexOf(input.closest("td"));
  const atStart = input.selectionEnd === 0, atEnd = input.selectionStart === input.value.length;
  const next = {
    ArrowDown: () => row.nextElementSibling?.cells[column],
    Enter: () => row.nextElementSibling?.cells[column] ?? row.cells[column],
    ArrowUp: () => row.previousElementSibling?.cells[column],
    ArrowLeft: () => atStart && row.cells[column - 1],
    ArrowRight: () => atEnd && row.cells[column + 1],
  }[event.key]?.();
  const cell = next && next.querySelector("input");
  if (!cell) return;
  event.preventDefault();
  cell.focus();
  cell.select();
});
