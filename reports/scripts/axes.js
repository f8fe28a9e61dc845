// One time axis for all figures: incidents and bands lead from the text to the figures and back.

// Moves all time axes; null restores them.
const zoom = async (to) => {
  view = to;
  form.elements.zoomed.disabled = !view;
  for (const button of document.querySelectorAll(".show")) {
    button.setAttribute("aria-pressed", String(Boolean(view) && button.dataset.view === view.join()));
  }
  for (const box of boxes.filter((one) => one.classList.contains("drawn") && !one.hidden)) {
    const { range } = selected(data.figures[box.dataset.figure]).layout.xaxis;
    busy += 1;
    await window.Plotly.relayout(box, { "xaxis.range": range });
    busy -= 1;
  }
};

// What an incident covers and a half of that on either side, at least a few steps.
const around = (told) => {
  const ends = told.split(" ").map(Number);
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  const margin = Math.max((to - from) / 2, 3 * cube.step);
  return [stamp(from - margin), stamp(to + margin)];
};

const showable = () => {
  for (const card of document.querySelectorAll("article[data-t], article:has(article[data-t])")) {
    const button = make("button", { type: "button", className: "show" }, say("axis"));
    // An incident of several findings lasts from the first of them to the last.
    const members = card.dataset.t ? [card] : [...card.querySelectorAll("article[data-t]")];
    const to = around(members.map((one) => one.dataset.t).join(" "));
    button.dataset.view = to.join();
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-pressed") === "true") return zoom(null);
      await zoom(to);
      document.getElementById("timeline").scrollIntoView();
      tell(say("axis_told", { span: to.join(" – ") }));
    });
    const lede = card.querySelector(":scope > .lede, :scope > h3, :scope > h4, :scope > h5, :scope > h6");
    lede.after(button);
  }
};

// The narrowest band under a point of a figure; shapes carry the anchor of their card as a name.
const bandAt = (box, x, y) => {
  const plot = [...box.querySelectorAll(".nsewdrag")].map((one) => one.getBoundingClientRect());
  const inside = plot.find((one) => x >= one.left && x <= one.right && y >= one.top && y <= one.bottom);
  if (!inside) return null;
  const time = (text) => Date.parse(`${String(text).replace(" ", "T")}Z`);
  const [from, to] = box.layout.xaxis.range.map(time);
  const at = from + ((x - inside.left) / inside.width) * (to - from);
  const near = 3 * ((to - from) / inside.width); // a band may be thinner than a finger, or a pixel
  const hit = box.layout.shapes.filter((one) => one.name && time(one.x0) - near <= at && time(one.x1) + near >= at);
  hit.sort((a, b) => time(a.x1) - time(a.x0) - (time(b.x1) - time(b.x0)));
  return hit.length ? hit[0].name : null;
};

const bandsLead = (box) => {
  let down = null;
  let waiting = 0;
  box.addEventListener("pointerdown", (event) => (down = event), true);
  addEventListener(
    "pointerup",
    (event) => {
      clearTimeout(waiting);
      const still = down && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < 4;
      const name = still && event.button === 0 && bandAt(box, event.clientX, event.clientY);
      down = null;
      // A second click restores the axis instead.
      if (name) waiting = setTimeout(() => (location.hash = `#${name}`), 350);
    },
    true,
  );
  box.on("plotly_doubleclick", () => {
    clearTimeout(waiting);
    zoom(null);
  });
};

const listening = (box) => {
  box.on("plotly_relayout", (event) => {
    if (busy) return;
    if ("xaxis.range[0]" in event) zoom([event["xaxis.range[0]"], event["xaxis.range[1]"]]);
    else if (event["xaxis.autorange"]) zoom(null);
  });
  bandsLead(box);
};
