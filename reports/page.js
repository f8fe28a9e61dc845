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

  const boxes = [...document.querySelectorAll("[data-figure]")];
  if (!boxes.length) return;
  try {
    const packed = atob(document.getElementById("plotly").textContent);
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(unpacked).text();
    document.head.append(script);
    if (!window.Plotly) throw new Error("plotly did not start");
  } catch {
    root.classList.add("no-figures");
    return;
  }

  const figures = JSON.parse(document.getElementById("figures").textContent);
  const touch = matchMedia("(pointer: coarse)").matches;
  const config = {
    displaylogo: false,
    responsive: true,
    scrollZoom: false,
    displayModeBar: touch ? false : "hover",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "toImage"],
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
