// Tables: sorted by any column, copied as tab-separated text, saved as CSV.

const ownText = (cell) => {
  const copy = cell.cloneNode(true);
  for (const fold of copy.querySelectorAll("details, .here, .tools")) fold.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
};

const NUMBER = /-?\d[\d,]*(?:\.\d+)?/;

// The number to sort by: the one the page states, else the first in the text; "< 0.1" lies below 0.1, "–" nowhere.
const amount = (cell) => {
  if (cell.dataset.k !== undefined) return Number(cell.dataset.k);
  const text = ownText(cell);
  const found = NUMBER.exec(text);
  if (!found) return null;
  const value = Number(found[0].replaceAll(",", ""));
  const before = text.slice(0, found.index).trim();
  return before === "<" ? value * 0.99 : before === ">" ? value * 1.001 : value;
};

const sortedBy = (rows, column, isNumber, falling) => {
  const keyed = rows.map((row) => ({ row, key: isNumber ? amount(row.cells[column]) : ownText(row.cells[column]) }));
  const missing = (key) => key === null || key === "" || key === "–";
  keyed.sort((a, b) => {
    const total = a.row.classList.contains("total") - b.row.classList.contains("total");
    const absent = missing(a.key) - missing(b.key);
    if (total || absent) return total || absent;
    const order = isNumber ? a.key - b.key : a.key.localeCompare(b.key, root.lang, { numeric: true });
    return falling ? -order : order;
  });
  return keyed.map((one) => one.row);
};

// Up, down, and as it was: a column of numbers starts with the largest.
const sortable = (table) => {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const stated = original.some((row) => row.cells[column] && row.cells[column].dataset.k !== undefined);
    const isNumber = stated || head.classList.contains("n");
    const orders = isNumber ? ["descending", "ascending"] : ["ascending", "descending"];
    const button = make("button", { type: "button", title: say("sort") }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const order = orders[orders.indexOf(head.getAttribute("aria-sort")) + 1];
      for (const one of heads) one.removeAttribute("aria-sort");
      if (order) head.setAttribute("aria-sort", order);
      body.append(...(order ? sortedBy(original, column, isNumber, order === "descending") : original));
    });
  });
};

// Rows as shown, with numbers that are nothing else without the signs between thousands.
const contents = (table) =>
  [...table.rows]
    .filter((row) => !row.hasAttribute("data-out"))
    .map((row) => [...row.cells].map(ownText).map((text) => (/^-?\d{1,3}(,\d{3})+$/.test(text) ? text.replaceAll(",", "") : text)));

// The rule of `analyze --tables`: a spreadsheet takes no text of a log for a formula.
const harmless = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

const tabbed = (table) => contents(table).map((row) => row.map(harmless).join("\t")).join("\n");

// RFC 4180; with a byte order mark, without which spreadsheets misread UTF-8.
const csv = (table) => {
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = contents(table).map((row) => row.map(harmless).map(quoted).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`;
};

const fileName = (table) => {
  const name = ownText(table.caption).replace(/[\\/:*?"<>|\u0000-\u001f]+/g, "-").slice(0, 80).trim();
  return `${name || "table"}.csv`;
};

const saved = (text, name) => {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
};

const withTools = (table) => {
  const tools = make("div", { className: "tools" });
  tools.setAttribute("role", "group");
  tools.setAttribute("aria-label", say("tools", { caption: ownText(table.caption) }));
  const copy = make("button", { type: "button" }, say("copy"));
  copy.addEventListener("click", async () => {
    await copied(tabbed(table));
    tell(say("copied"));
  });
  const save = make("button", { type: "button" }, say("csv"));
  save.addEventListener("click", () => saved(csv(table), fileName(table)));
  tools.append(copy, save);
  table.before(tools);
};
