// Figures: drawn in the colours of the page, for what is chosen; one time axis for all of them.

const boxes = [...document.querySelectorAll("[data-figure]")];
const touch = matchMedia("(pointer: coarse), (max-width: 44rem)").matches;
const config = {
  displaylogo: false,
  responsive: true,
  scrollZoom: false,
  doubleClick: false, // ours: it restores all axes
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

let drawing = false;
const draw = async (box) => {
  const figure = data.figures[box.dataset.figure];
  drawing = true;
  await window.Plotly.react(box, figure.data, theme(figure.layout), config);
  drawing = false;
  box.classList.add("drawn");
};
const redrawn = async () => {
  if (root.classList.contains("figures-drawn")) for (const box of boxes) await draw(box);
};
const zoom = () => {};

const drawn = async () => {
  await boot.run("plotly");
  if (!window.Plotly) throw new Error("plotly did not start");
  for (const box of boxes) {
    await draw(box);
    await new Promise((next) => setTimeout(next));
  }
  root.classList.add("figures-drawn");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawn);
};
