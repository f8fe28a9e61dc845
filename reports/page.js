// The page's first script: opens folds and unpacks what the page carries, the page's other scripts too.
(async () => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  if (document.readyState === "loading") {
    await new Promise((ready) => document.addEventListener("DOMContentLoaded", ready, { once: true }));
  }

  // Opens every fold around the place that the address names: `#place` or `#place?choice`.
  const open = () => {
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1).split("?")[0]));
    } catch {
      return; // no address of ours
    }
    for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      fold.open = true;
    }
    const inner = target && target.querySelector(":scope > td details, :scope > details");
    if (inner) inner.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of opened) fold.open = false;
  });

  // Base 85, five digits to four bytes; a short last group is filled up and its bytes cut off again.
  const bytes = (block) => {
    const digits = document.getElementById("plotly").dataset.digits;
    const value = new Uint8Array(128);
    for (let place = 0; place < digits.length; place += 1) value[digits.charCodeAt(place)] = place;
    const missing = (5 - (block.textContent.length % 5)) % 5;
    const text = block.textContent + digits[84].repeat(missing);
    const made = new DataView(new ArrayBuffer((text.length / 5) * 4));
    for (let from = 0, to = 0; from < text.length; from += 5, to += 4) {
      let number = 0;
      for (let place = from; place < from + 5; place += 1) number = number * 85 + value[text.charCodeAt(place)];
      made.setUint32(to, number);
    }
    return new Uint8Array(made.buffer, 0, made.byteLength - missing);
  };

  const unpacked = (name) => {
    const packed = new Blob([bytes(document.getElementById(name))]);
    return new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };

  const run = async (name) => {
    const script = document.createElement("script");
    script.textContent = await unpacked(name);
    document.head.append(script);
  };

  try {
    await run("script");
    await window.loganalyzer({ root, unpacked, run, open });
  } catch {
    root.classList.add("no-figures");
  }
})();
