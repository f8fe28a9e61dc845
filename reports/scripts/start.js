// The order in which the page comes to life: the choice before the figures, which are drawn for it.
const chosenAnew = async () => {
  writeForm();
  told();
  await redrawn();
};

for (const table of document.querySelectorAll("table")) {
  sortable(table);
  withTools(table);
}
linked();
if (form) {
  readAddress();
  writeForm();
  told();
  if (chosen().length) boot.open();
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    readForm();
    addressed();
    chosenAnew();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    Object.assign(choice, { vendor: "", host: "", class: "", from: null, to: null });
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
