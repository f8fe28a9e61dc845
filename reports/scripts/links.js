// Every place has a link to itself, shown where the pointer or the focus is; to follow it is to copy its address.
const HEADS = "main > section[id] > h2, article[id] > :is(h3, h4, h5, h6), figure[id] > h3, tr[id] > th, li[id]";

const linkTo = (id, name) => {
  const link = make("a", { className: "here", href: `#${id}` }, "#");
  link.setAttribute("aria-label", say("link", { name }));
  link.addEventListener("click", async () => {
    await copied(`${location.href.split("#")[0]}#${id}${form ? query() : ""}`);
    tell(say("link_copied"));
  });
  return link;
};

const linked = () => {
  for (const head of document.querySelectorAll(HEADS)) {
    head.append(linkTo(head.id || head.parentElement.id, ownText(head)));
  }
  for (const fold of document.querySelectorAll(".fold[id]")) {
    fold.prepend(linkTo(fold.id, ownText(fold.parentElement.querySelector("summary"))));
  }
};
