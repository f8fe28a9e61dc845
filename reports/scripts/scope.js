// The choice in the page: what does not meet it is hidden, every section says how much is shown and what is not chosen.

const fits = {
  v: (told) => !choice.vendor || told.split(" ").includes(choice.vendor),
  c: (told) => !choice.class || !told || told.split(" ").some(ofClass),
  t: (told) => {
    if (!timed()) return true;
    const [from, to] = [seconds(first()), seconds(last())];
    const ends = told.split(" ").map(Number);
    return ends.some((_, at) => at % 2 === 0 && ends[at] < to && ends[at + 1] > from);
  },
  h: (told) => {
    if (!choice.host) return true;
    const place = hostPlace();
    return place === cube.hosts.length ? !cube.marks.includes(told) : told === cube.marks[place];
  },
};
const SCOPED = "[data-v], [data-c], [data-t], [data-h]";
const ENTRIES = "tbody tr, article[data-t], li[data-t], figure[data-v], details:has(> .fold[id])";
const STATIC = "#selection, #method, #documents"; // without a number of the log
const LETTERS = { vendor: "v", class: "c", host: "h", from: "t", to: "t" };

const hide = (section) => {
  for (const one of section.querySelectorAll(SCOPED)) {
    const out = Object.keys(fits).some((letter) => letter in one.dataset && !fits[letter](one.dataset[letter]));
    one.toggleAttribute("data-out", out);
  }
  // What only holds others goes with them; anew each time, or what was hidden would stay so.
  const holders = [...section.querySelectorAll(".scroll, article, details")].filter((one) => !one.matches(SCOPED));
  for (const one of holders) one.removeAttribute("data-out");
  for (const one of holders) {
    const entries = [...one.querySelectorAll(ENTRIES)];
    one.toggleAttribute("data-out", entries.length > 0 && entries.every((entry) => isOut(entry, one)));
  }
};

const isOut = (entry, within) => {
  const out = entry.closest("[data-out]");
  return Boolean(out) && within.contains(out);
};

// What the entries of a section are not told apart by, though it was chosen.
const unchosen = (section, entries) => {
  const missing = new Set();
  for (const name of chosen()) {
    const letter = LETTERS[name];
    const told = (entry) => entry.closest(`[data-${letter}]`) || entry.querySelector(`[data-${letter}]`);
    if (section.id !== "timeline" && !(entries.length && entries.every(told))) missing.add(letter);
  }
  const names = { v: "of_vendor", h: "of_host", c: "of_class", t: "of_time" };
  return ["t", "v", "h", "c"].filter((letter) => missing.has(letter)).map((letter) => say(names[letter]));
};

const listed = (items) =>
  items.length > 1 ? say("and", { first: items.slice(0, -1).join(", "), last: items.at(-1) }) : items.join("");

const noteOf = (section) => {
  let note = section.querySelector(":scope > .chosen");
  if (!note) {
    note = make("p", { className: "chosen" });
    const after = section.querySelector(":scope > .lede") || section.querySelector(":scope > h2, :scope > h1");
    after.after(note);
  }
  return note;
};

const noted = (section) => {
  const note = noteOf(section);
  note.hidden = !chosen().length;
  if (note.hidden) return;
  const entries = [...section.querySelectorAll(ENTRIES)].filter((one) => one.closest(SCOPED) || one.querySelector(SCOPED));
  const shown = entries.filter((entry) => !isOut(entry, section));
  // Only findings are of one kind, so only they are counted; elsewhere rows of several tables would be summed.
  const told = [];
  if (section.id === "findings" && entries.length) told.push(say("shown", { n: number(shown.length), m: number(entries.length) }));
  else if (shown.length < entries.length) told.push(say("some"));
  const rest = unchosen(section, entries);
  if (rest.length) told.push(say("unfiltered", { what: listed(rest) }));
  note.textContent = told.join(" ");
  note.hidden = !told.length;
};

const selection = document.getElementById("selection");

const sum = (counts, names) => names.reduce((whole, name) => whole + (counts[name] || 0), 0);

// The table of the choice: requests per vendor and class, with shares within it; logs are never summed.
const tabulated = () => {
  const found = counted();
  const named = [...classes.keys()].filter(ofClass);
  const used = named.filter((name) => [...found.values()].some((one) => one.classes[name]));
  const others = [...found.values()].some((one) => named.some((name) => one.others[name]));
  const heads = [say("log"), say("requests"), ...(choice.class ? [say("of_log")] : []), ...used.map((name) => classes.get(name))];
  if (others) heads.push(say("no_requests"));
  const rows = [...vendors.keys()]
    .filter(ofVendor)
    .map((vendor) => {
      const { classes: requests, others: rest } = found.get(vendor) || { classes: {}, others: {} };
      const whole = sum(requests, named);
      const cells = [number(whole)];
      if (choice.class) cells.push(percent(whole, sum(requests, [...classes.keys()])));
      for (const name of used) {
        cells.push(requests[name] ? `${number(requests[name])} (${percent(requests[name], whole)})` : "0");
      }
      if (others) cells.push(number(sum(rest, named)));
      const row = make("tr", {}, make("th", { scope: "row" }, vendors.get(vendor)), ...cells.map((text) => make("td", {}, text)));
      row.dataset.vendor = vendor;
      return row;
    });
  const top = make("tr", {}, ...heads.map((text, at) => make("th", { scope: "col", className: at ? "n" : "" }, text)));
  const caption = say("caption", { what: summary() });
  const table = make("table", {}, make("caption", {}, caption), make("thead", {}, top), make("tbody", {}, ...rows));
  const box = selection.querySelector(".scroll");
  box.replaceChildren(table);
  sortable(table);
  withTools(table);
};

// The choice in a line.
const summary = () => {
  const told = ["vendor", "host", "class"].filter((name) => choice[name]).map(optionText);
  if (timed()) told.push(span());
  return told.join(" · ") || say("everything");
};

const told = () => {
  document.querySelector(".filter output").textContent = summary();
  root.classList.toggle("filtered", chosen().length > 0);
  selection.hidden = !chosen().length;
  tabulated();
  selection.querySelector(".lede").textContent = timed() ? say("period", { span: span() }) : say("period", { span: cube.period });
  // What holds of every section is told here alone.
  const remarks = [say("lede")];
  if (timed()) remarks.push(say("overlap"));
  if (choice.host && choice.host !== "(none)") {
    const without = [...counted(cube.hosts.length + 1)].map(([vendor, { classes: of }]) => [vendor, sum(of, [...classes.keys()])]);
    const some = without.filter(([, count]) => count).map(([vendor, count]) => `${vendors.get(vendor)} ${number(count)}`);
    if (some.length) remarks.push(say("no_host", { what: listed(some) }));
  }
  if (timed() && cube.outside.length) remarks.push(say("outside"));
  selection.lastElementChild.textContent = remarks.join(" ");
  for (const section of document.querySelectorAll(`main > section:not(${STATIC})`)) {
    hide(section);
    noted(section);
  }
  noted(document.getElementById("headline"));
};
