// What the reader has chosen, in the form and in the address, and the counts of it.

const { cube } = data;
const vendors = new Map(cube ? cube.vendors : []);
const classes = new Map(cube ? cube.classes : []);
const form = document.querySelector(".filter form");
const ERRORS = ["4xx", "5xx", "other"];
const NAMES = ["vendor", "host", "class", "from", "to"];

const choice = { vendor: "", host: "", class: "", from: null, to: null };

const chosen = () => NAMES.filter((name) => choice[name] !== "" && choice[name] !== null);
const ofClass = (name) => !choice.class || name === choice.class || (choice.class === "errors" && ERRORS.includes(name));
const ofVendor = (name) => !choice.vendor || name === choice.vendor;
const timed = () => choice.from !== null || choice.to !== null;
const first = () => choice.from ?? 0;
const last = () => choice.to ?? cube.steps;

// Steps are counted from the start of the log; times are those of the clock that the figures have.
const seconds = (step) => cube.start + step * cube.step;
const clock = (at) => new Date((at + cube.offset) * 1000).toISOString().slice(0, 16);
const stepOf = (text, round) => {
  const at = Date.parse(`${text}Z`) / 1000 - cube.offset;
  if (Number.isNaN(at)) return null;
  return Math.min(cube.steps, Math.max(0, round((at - cube.start) / cube.step)));
};
const span = () => `${clock(seconds(first())).replace("T", " ")} – ${clock(seconds(last())).replace("T", " ")} ${cube.zone}`;

const hostPlace = () => {
  if (!choice.host) return null;
  const place = cube.hosts.indexOf(choice.host);
  return place >= 0 ? place : cube.hosts.length + (choice.host === "(none)" ? 1 : 0);
};

// Calls back with vendor, class, whether it is of requests, step and count of everything that fits host and vendor.
const walk = (back, host = hostPlace()) => {
  const logs = [...vendors.keys()];
  const names = [...classes.keys()];
  for (const [vendor, place, name, request, from, gaps, ...counts] of cube.rows) {
    if ((host !== null && place !== host) || !ofVendor(logs[vendor])) continue;
    let step = from;
    if (gaps) {
      for (let at = 0; at < counts.length; at += 2) {
        step += counts[at];
        back(logs[vendor], names[name], request, step, counts[at + 1]);
      }
    } else {
      for (const count of counts) back(logs[vendor], names[name], request, step++, count);
    }
  }
  for (const [vendor, place, name, request, count] of cube.outside) {
    if ((host === null || place === host) && ofVendor(logs[vendor])) {
      back(logs[vendor], names[name], request, null, count);
    }
  }
};

// Vendor → requests by class, and records that are no requests, within the chosen time and a host, else the chosen one.
const counted = (host = hostPlace()) => {
  const found = new Map();
  walk((vendor, name, request, step, count) => {
    if (timed() && (step === null || step < first() || step >= last())) return;
    if (!found.has(vendor)) found.set(vendor, { classes: {}, others: {} });
    const counts = request ? found.get(vendor).classes : found.get(vendor).others;
    counts[name] = (counts[name] || 0) + count;
  }, host);
  return found;
};

// Class → a count for every step, of one vendor and the chosen host.
const series = (of, requestsAlone) => {
  const found = {};
  walk((vendor, name, request, step, count) => {
    if (vendor !== of || step === null || (requestsAlone && !request)) return;
    found[name] ??= new Array(cube.steps).fill(0);
    found[name][step] += count;
  });
  return found;
};

// `#place?vendor=nginx&class=5xx`: either part may be missing.
const place = () => location.hash.slice(1).split("?")[0];
const query = () => {
  const told = new URLSearchParams();
  for (const name of chosen()) {
    told.set(name, name === "from" || name === "to" ? clock(seconds(choice[name])) : choice[name]);
  }
  return told.size ? `?${told}` : "";
};
const addressed = (where = place()) => {
  const hash = `${where}${query()}`;
  if (`#${hash}` !== (location.hash || "#")) history.replaceState(null, "", `#${hash}`);
};

// What the address says, where the form has it; a link within the page says nothing of the choice and keeps it.
const readAddress = () => {
  const [, told] = location.hash.slice(1).split("?");
  if (told === undefined) return;
  const asked = new URLSearchParams(told);
  for (const name of ["vendor", "host", "class"]) {
    const values = form.elements[name] ? [...form.elements[name].options].map((one) => one.value) : [];
    choice[name] = values.includes(asked.get(name)) ? asked.get(name) : "";
  }
  settle(asked.get("from"), asked.get("to"));
};

// Takes a time in whole steps, and says so where that is another than was asked for.
// A choice of all time is none; an end before its start is moved behind it.
const settle = (from, to) => {
  choice.from = stepOf(from, Math.floor);
  choice.to = stepOf(to, Math.ceil);
  if (choice.from === 0) choice.from = null;
  if (choice.to === cube.steps) choice.to = null;
  if (choice.from !== null && choice.from >= cube.steps) choice.from = cube.steps - 1;
  if (timed() && last() <= first()) choice.to = first() + 1 === cube.steps ? null : first() + 1;
  const moved = (text, step) => {
    const at = Date.parse(`${text}Z`) / 1000 - cube.offset;
    return !Number.isNaN(at) && at !== seconds(step);
  };
  const other = moved(from, first()) || moved(to, last());
  form.querySelector(".moved").textContent = other ? say("moved", { span: span() }) : "";
};

// Says whether the form could be read; an end before its start is told and changes nothing.
const readForm = () => {
  const { from, to } = form.elements;
  const inverted = Boolean(from.value && to.value) && to.value <= from.value;
  const note = form.querySelector(".inverted");
  note.textContent = inverted ? say("inverted") : "";
  if (inverted) {
    to.setAttribute("aria-invalid", "true");
    return false;
  }
  for (const name of ["vendor", "host", "class"]) choice[name] = form.elements[name] ? form.elements[name].value : "";
  settle(from.value, to.value);
  return true;
};

const writeForm = () => {
  form.querySelector(".inverted").textContent = "";
  form.elements.to.removeAttribute("aria-invalid");
  for (const name of ["vendor", "host", "class"]) if (form.elements[name]) form.elements[name].value = choice[name];
  for (const name of ["from", "to"]) form.elements[name].value = choice[name] === null ? "" : clock(seconds(choice[name]));
};

const optionText = (name) => form.elements[name].selectedOptions[0].textContent;
