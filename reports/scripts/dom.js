// What every part of the page uses: elements made without markup, words, numbers, and a line that is read aloud.
const data = JSON.parse(await boot.unpacked("figures"));

const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

// Fills the places of a sentence; what it is filled with stays text.
const say = (key, facts = {}) => data.words[key].replace(/\{(\w+)\}/g, (_, name) => facts[name]);

const number = (value) => value.toLocaleString("en-US");

// As in the rest of the report: never rounded to all or nothing.
const percent = (part, whole) => {
  if (whole <= 0) return "–";
  const share = (100 * part) / whole;
  if (part <= 0 || part >= whole) return say("percent", { n: part <= 0 ? 0 : 100 });
  if (share < 0.1) return say("least", { n: "0.1" });
  if (share > 99.9) return say("most", { n: "99.9" });
  return say("percent", { n: share >= 10 && share < 99 ? share.toFixed(0) : share.toFixed(1) });
};

const spoken = make("p", { className: "spoken" });
spoken.setAttribute("role", "status");
document.body.append(spoken);
const tell = (text) => {
  spoken.textContent = text;
};

const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const held = make("textarea", { value: text, className: "spoken" });
    const before = document.activeElement;
    document.body.append(held);
    held.select();
    document.execCommand("copy");
    held.remove();
    if (before) before.focus();
  }
};
