// A picture that is clicked, or chosen with Enter, is shown large; a click or Escape closes it.
const dialog = document.getElementById("enlarged");
const large = dialog.querySelector("img");
const enlarge = (image) => {
  large.src = image.src;
  large.alt = image.alt;
  dialog.showModal();
};
for (const image of document.querySelectorAll("figure img")) {
  image.addEventListener("click", () => enlarge(image));
  image.addEventListener("keydown", (event) => {
    if (event.key === "Enter") enlarge(image);
  });
}
dialog.addEventListener("click", () => dialog.close());
