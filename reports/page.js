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
  const PAPER = 660; // CSS pixels between the margins of A4 and within the frame of a figure; Letter is wider
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const fold of opened) fold.open = true;
    // A figure keeps the size it was drawn in: paper is narrower than most windows.
    const wide = Math.max(0, ...[...document.querySelectorAll(".drawn")].map((box) => box.clientWidth));
    if (wide) root.style.setProperty("--printed", Math.min(1, PAPER / wide));
  });
  addEventListener("afterprint", () => {
    for (const fold of opened) fold.open = false;
  });

  // Base 91, two digits to 13 bits, highest first, a single one at the end to six; bits that fill no byte are none.
  const bytes = (block) => {
    const digits = document.getElementById("plotly").dataset.digits;
    const value = new Uint8Array(128);
    for (let place = 0; place < digits.length; place += 1) value[digits.charCodeAt(place)] = place;
    const text = block.textContent;
    const digit = (place) => value[text.charCodeAt(place)];
    const made = new Uint8Array(((text.length >> 1) * 13 + (text.length & 1) * 6) >> 3);
    for (let from = 0, to = 0, held = 0, bits = 0; from < text.length; from += 2) {
      const pair = from + 1 < text.length;
      held = pair ? (held << 13) | (digit(from) * 91 + digit(from + 1)) : (held << 6) | digit(from);
      for (bits += pair ? 13 : 6; bits >= 8; to += 1) {
        bits -= 8;
        made[to] = held >> bits;
      }
      held &= (1 << bits) - 1;
    }
    return made;
  };

  const unpacked = (name) => {
    const packed = new Blob([bytes(document.getElementById(name))]);
    return new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };

  const run = async (name) => {
    const script = document.createElement("script");
    const { beside, hash, nonce } = document.getElementById(name).dataset;
    if (!beside) {
      script.textContent = await unpacked(name);
      document.head.append(script);
      return;
    }
    // A browser checks no file beside a file: there the nonce alone says which script may be loaded.
    if (location.protocol !== "file:") script.integrity = `sha256-${hash}`;
    script.nonce = nonce;
    script.src = beside;
    await new Promise((loaded, failed) => {
      script.onload = loaded;
      script.onerror = () => failed(new Error(`${beside} was not loaded`));
      document.head.append(script);
    });
  };

  try {
    await run("script");
    await window.loganalyzer({ root, unpacked, run, open });
  } catch {
    root.classList.add("no-figures");
    if (document.querySelector("[data-beside]") && !window.Plotly) root.classList.add("alone");
  }
})();
