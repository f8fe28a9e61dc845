// The page's only own script: unpacks plotly from the page itself and draws the figures in the colours of the page.
(async () => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  if (document.readyState === "loading") {
    await new Promise((ready) => document.addEventListener("DOMContentLoaded", ready, { once: true }));
  }
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
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

  const boxes = [...document.querySelectorAll("[data-figure]")];
  if (!boxes.length) return;
  let figures;
  try {
    figures = JSON.parse(await unpacked("figures"));
    const script = document.createElement("script");
    script.textContent = await unpacked("plotly");
    document.head.append(script);
    if (!window.Plotly) throw new Error("plotly did not start");
  } catch {
    root.classList.add("no-figures");
    return;
  }

  const touch = matchMedia("(pointer: coarse), (max-width: 44rem)").matches;
  const config = {
    displaylogo: false,
    responsive: true,
    scrollZoom: false,
    displayModeBar: touch ? false : "hover",
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
  };
  const theme = (layout) => {
    const style = getComputedStyle(root);
    const ink = style.getPropertyValue("--ink-soft").trim();
    const rule = style.getPropertyValue("--rule").trim();
    const paper = style.getPropertyValue("--card").trim();
    const dressed = {
      ...layout,
      autosize: true,
      dragmode: touch ? false : "zoom",
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: style.getPropertyValue("--sans").trim(), size: 12, color: ink },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: rule, activecolor: ink },
      hoverlabel: { bgcolor: paper, bordercolor: rule, font: { color: style.getPropertyValue("--ink").trim() } },
    };
    for (const name of Object.keys(layout)) {
      if (/^[xy]axis/.test(name)) {
        dressed[name] = { ...layout[name], gridcolor: rule, zerolinecolor: rule, linecolor: rule, tickcolor: rule };
      }
    }
    return dressed;
  };
  const draw = async (box) => {
    const figure = figures[box.dataset.figure];
    await window.Plotly.react(box, figure.data, theme(figure.layout), config);
    box.classList.add("drawn");
  };
  for (const box of boxes) {
    await draw(box);
    await new Promise((next) => setTimeout(next));
  }
  root.classList.add("figures-drawn");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => boxes.forEach(draw));
})();
