// The order in which the page comes to life: the choice before the figures, which are drawn for it.
// A time that is chosen anew is what the axes show, whatever they were zoomed to.
const period = () => `${choice.from} ${choice.to}`;
let shownPeriod = period();
const chosenAnew = async () => {
  writeForm();
  told();
  if (shownPeriod !== period()) {
    shownPeriod = period();
    await zoom(null);
  }
  await redrawn();
};

for (const table of document.querySelectorAll("table")) {
  sortable(table);
  withTools(table);
}
linked();
if (form) {
  readAddress();
  shownPeriod = period();
  writeForm();
  told();
  if (chosen().length) boot.open();
  // The form stays in sight above what a link leads to, however many lines it takes.
  const bar = form.parentElement;
  new ResizeObserver(() => {
    const sticky = getComputedStyle(bar).position === "sticky";
    root.style.scrollPaddingTop = sticky ? `${bar.offsetHeight + 12}px` : "";
  }).observe(bar);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    if (!readForm()) return;
    addressed();
    chosenAnew();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    Object.assign(choice, { vendor: "", host: "", class: "" });
    settle("", "");
    zoom(null);
    addressed();
    chosenAnew();
  });
  addEventListener("hashchange", () => {
    readAddress();
    addressed();
    chosenAnew();
  });
}
if (boxes.length) await drawn();
