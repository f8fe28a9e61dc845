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

const PANEL = 90; // pixels, as in reports/figures.py
const ROW = 16;
const GAP = 28;
const MARGIN = 64;
const ORDER = ["2xx", "3xx", "1xx", "4xx", "5xx", "other"];
const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();

// A status of the heat map that stands for several is shown where all of them are chosen.
const rowsChosen = (trace) => {
  const kept = trace.meta.c.flatMap((told, at) => (told.split(" ").every(ofClass) ? [at] : []));
  return { ...trace, y: kept.map((at) => trace.y[at]), z: kept.map((at) => trace.z[at]) };
};

// Of one host only counts by class are there: they take the place of what the panel has of all hosts.
const ofHost = (traces) => {
  const [like] = traces;
  const found = series(like.meta.v, like.meta.r);
  const order = like.meta.r ? ["5xx", "4xx", "other"] : ORDER;
  return order
    .filter((name) => ofClass(name) && found[name])
    .map((name) => {
      const paint = colour(`--c${name}`);
      const made = { ...like, name: classes.get(name), meta: { ...like.meta, c: name }, y: found[name] };
      delete made.x;
      Object.assign(made, { x0: stamp(seconds(0)), dx: cube.step * 1000 });
      if (made.type === "bar") return { ...made, width: cube.step * 1000, marker: { ...like.marker, color: paint } };
      return { ...made, fillcolor: paint, marker: { color: paint } };
    });
};

const stamp = (at) => new Date((at + cube.offset) * 1000).toISOString().slice(0, 19).replace("T", " ");
const isHeat = (trace) => trace.type === "heatmap";
const layoutName = (axis) => axis.replace("y", "yaxis");

const tracesChosen = (figure) => {
  const panels = new Map();
  for (const trace of figure.data.filter((one) => ofVendor(one.meta.v))) {
    panels.set(trace.yaxis, [...(panels.get(trace.yaxis) || []), trace]);
  }
  return [...panels.values()].flatMap((traces) => {
    if (isHeat(traces[0])) return traces.map(rowsChosen).filter((trace) => trace.y.length);
    return choice.host ? ofHost(traces) : traces.filter((trace) => ofClass(trace.meta.c));
  });
};

// The figure for the choice: only panels that have something to show, over the chosen time.
const selected = (figure) => {
  const range = view || (timed() ? [stamp(seconds(first())), stamp(seconds(last()))] : figure.layout.xaxis.range);
  const layout = { ...figure.layout, xaxis: { ...figure.layout.xaxis, range: [...range] } }; // plotly writes into it
  if (!["vendor", "host", "class"].some((name) => choice[name])) return { data: figure.data, layout, height: null };
  const traces = tracesChosen(figure);
  const axes = [...new Set(figure.data.map((trace) => trace.yaxis))];
  const used = axes.filter((axis) => traces.some((trace) => trace.yaxis === axis));
  const size = (axis) => {
    const trace = traces.find((one) => one.yaxis === axis);
    return isHeat(trace) ? ROW * trace.y.length : PANEL;
  };
  const whole = used.reduce((sum, axis) => sum + size(axis), 0) + GAP * Math.max(0, used.length - 1);
  for (const axis of axes) delete layout[layoutName(axis)];
  let top = 1;
  for (const axis of used) {
    const bottom = Math.max(0, top - size(axis) / whole);
    layout[layoutName(axis)] = { ...figure.layout[layoutName(axis)], domain: [bottom, top] };
    top = bottom - GAP / whole;
  }
  const onUsed = (one) => used.includes(one.yref.split(" ")[0]);
  layout.shapes = figure.layout.shapes.filter(onUsed);
  layout.annotations = figure.layout.annotations.filter(onUsed);
  layout.xaxis.anchor = used.at(-1) || "y";
  return { data: traces, layout, height: whole + MARGIN };
};

const keysOf = (box, traces) => {
  const list = box.parentElement.querySelector(".keys");
  if (!list || traces.some(isHeat)) return;
  const named = new Map(traces.map((trace) => [trace.name, trace.fillcolor || trace.marker.color]));
  list.replaceChildren(
    ...[...named].map(([name, paint]) => {
      const sign = make("span");
      sign.style.background = paint;
      return make("li", {}, sign, name);
    }),
  );
};

const drawnFor = (box, figure, nothing) => {
  let note = box.parentElement.querySelector(".chosen");
  if (!note) {
    note = make("p", { className: "chosen" });
    box.before(note);
  }
  note.hidden = !chosen().length;
  const heat = choice.host && figure.data.some(isHeat);
  note.textContent = [say("drawn", { what: summary() }), heat && say("of_heat"), nothing && say("nothing")]
    .filter(Boolean)
    .join(" ");
};

const painted = (trace) => {
  if (!isHeat(trace)) return trace;
  return { ...trace, colorscale: trace.colorscale.map(([place], at) => [place, colour(`--heat${at}`)]) };
};

let view = null; // the stretch of time that was zoomed into, as plotly writes it
let busy = 0; // our own changes come back as events

const draw = async (box) => {
  const figure = data.figures[box.dataset.figure];
  const { data: traces, layout, height } = selected(figure);
  box.hidden = !traces.length;
  if (chosen().length || box.classList.contains("redrawn")) {
    box.classList.add("redrawn");
    drawnFor(box, figure, !traces.length);
    keysOf(box, traces);
  }
  if (box.hidden) return;
  box.whole ??= box.style.getPropertyValue("--height");
  box.style.setProperty("--height", height ? `${height}px` : box.whole);
  busy += 1;
  await window.Plotly.react(box, traces.map(painted), theme(layout), config);
  busy -= 1;
  // The caption tells what is drawn; read aloud, the drawing would be loose numbers of its axes.
  for (const one of box.querySelectorAll(".main-svg")) one.setAttribute("aria-hidden", "true");
  if (!box.classList.contains("drawn")) listening(box);
  box.classList.add("drawn");
};

const redrawn = async () => {
  if (root.classList.contains("figures-drawn")) for (const box of boxes) await draw(box);
};

// Paper is light: there the heat map has the colours of the light, few pale and many dark. Printing waits for no promise,
// and plotly keeps to the order of this call and the layout.
const forPaper = (onPaper) => {
  for (const box of boxes.filter((one) => one.data?.some(isHeat))) {
    const { colorscale } = data.figures[box.dataset.figure].data.find(isHeat);
    const scale = onPaper ? colorscale : painted({ type: "heatmap", colorscale }).colorscale;
    window.Plotly.restyle(box, { colorscale: [scale] });
  }
};

const drawn = async () => {
  await boot.run("plotly");
  if (!window.Plotly) throw new Error("plotly did not start");
  for (const box of boxes) {
    await draw(box);
    await new Promise((next) => setTimeout(next));
  }
  showable();
  form.elements.zoomed.addEventListener("click", () => {
    const at = view.map((text) => `${text.replace(" ", "T").slice(0, 19)}`);
    settle(...at);
    view = null;
    addressed();
    chosenAnew();
    zoom(null);
  });
  root.classList.add("figures-drawn");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", redrawn);
  addEventListener("beforeprint", () => dark.matches && forPaper(true));
  addEventListener("afterprint", () => dark.matches && forPaper(false));
};
