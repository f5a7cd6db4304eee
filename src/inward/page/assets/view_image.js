// The strip of images, the image itself, and what the network takes it for.
import { box, canvasOf, fill, listbox, make, select } from "./dom.js";
import { paintImage } from "./paint.js";
import { changed, current, on, openImage } from "./state.js";
import { className, descending, percent } from "./words.js";
/** @typedef {import("./state.js").State} State */

const MOST = 12;

/** @param {State} state @param {(at: number) => void} look */
export function startImage(state, look) {
  const strip = box("strip");
  const build = () => {
    const options = state.source.head.images.map((image) => thumbnail(state, image));
    listbox(strip, options, look);
    select(strip, state.at);
  };
  build();
  on(["images"], build);
  on(["image"], () => {
    select(strip, state.at);
    show(state);
  });
  on(["map", "ask"], () => classes(state));
}

/** @param {State} state @param {import("./types.js").Picture} image @returns {HTMLElement} */
function thumbnail(state, image) {
  const names = state.source.head.network.classes;
  const taken = Number(descending(image.probabilities)[0]);
  const wrong = image.label !== null && image.label !== taken;
  const words = `${image.name}: ${className(names, taken)} ${percent(Number(image.probabilities[taken]))}${wrong ? `, but it is a ${className(names, Number(image.label))}` : ""}`;
  const canvas = make("canvas", { "aria-hidden": "true" });
  void openImage(image.pixels).then((pixels) => paintImage(canvas, pixels));
  return make("div", { role: "option", class: wrong ? "wrong" : "", title: words, "aria-label": words, "aria-selected": "false", tabindex: -1 }, canvas);
}

/** @param {State} state */
function show(state) {
  const image = current(state);
  const names = state.source.head.network.classes;
  const taken = Number(descending(image.probabilities)[0]);
  box("image-title").textContent = image.name;
  const canvas = canvasOf("image");
  canvas.setAttribute("aria-label", `${image.name}, as the network got it`);
  paintImage(canvas, state.pixels);
  const said = [make("b", {}, className(names, taken)), ` ${percent(Number(image.probabilities[taken]))}`];
  if (image.label !== null) {
    const right = image.label === taken;
    said.push(make("br"), make("span", { class: right ? "right" : "mistaken" }, right ? "right: that is its label" : `wrong: its label is ${className(names, image.label)}`));
  }
  fill(box("taken"), ...said);
  classes(state);
}

/** @param {State} state */
function classes(state) {
  const image = current(state);
  const { head, live } = state.source;
  const target = state.map?.told.question.target ?? state.ask.target;
  const shown = descending(image.probabilities).slice(0, MOST);
  const rows = shown.map((k) => {
    const p = Number(image.probabilities[k]);
    const bar = make("b");
    bar.style.width = `${100 * p}%`;
    const parts = [make("span", {}, className(head.network.classes, k)), make("i", { "aria-hidden": "true" }, bar), make("span", {}, percent(p))];
    if (!live) return make("div", { class: k === target ? "explained" : "" }, ...parts);
    const row = make("button", { type: "button", class: k === target ? "explained" : "", "data-class": k, title: "Explain this class", "aria-pressed": String(k === target) }, ...parts);
    row.addEventListener("click", () => {
      state.ask = { ...state.ask, target: k, versus: state.ask.versus === k ? null : state.ask.versus };
      changed("ask");
    });
    return row;
  });
  const rest = image.probabilities.length - shown.length;
  fill(box("classes"), ...rows, ...(rest > 0 ? [make("p", { class: "soft" }, `and ${rest} more, each less likely`)] : []));
}
