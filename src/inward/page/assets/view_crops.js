// Crops: a box drawn on the picture, and what the network says of it beside the whole.
import { box, canvasOf, fill, make, the } from "./dom.js";
import { brightness, paintImage, paintSigned } from "./paint.js";
import { say } from "./source.js";
import { current, on, openImage, openMap } from "./state.js";
import { className, descending, percent } from "./words.js";
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./types.js").Crop} Crop */

/** @type {Crop[]} */
let crops = [];
/** @type {import("./paint.js").Image3|null} */
let whole = null;
/** @type {number[]|null} */
let drawn = null;
let aborter = new AbortController();

/** @param {State} state @param {(share: number|null) => void} tell */
export function startCrops(state, tell) {
  const canvas = canvasOf("crop");
  const form = the("crop-form", HTMLFormElement);
  const { live } = state.source;
  form.hidden = !live;
  on(["image"], () => void show(state));
  if (!live) return;
  canvas.classList.add("drawn");
  canvas.setAttribute("aria-label", "The whole picture: draw a box, or move it with the arrow keys, size it with Shift, look with Enter");
  /** @type {number[]|null} */
  let from = null;
  const at = (/** @type {PointerEvent} */ event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const [w, h] = size(state);
    return [((event.clientX - left) / width) * w, ((event.clientY - top) / height) * h].map(Math.round);
  };
  canvas.addEventListener("pointerdown", (event) => {
    from = at(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (from) setBox(state, spanned(from, at(event)));
  });
  canvas.addEventListener("pointerup", () => {
    from = null;
    if (drawn && Number(drawn[2]) > 0 && Number(drawn[3]) > 0) void look(state, tell);
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Enter") return void look(state, tell);
    const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    const [w, h] = size(state);
    const unit = Math.max(1, Math.round(w / 64));
    const [l = 0, t = 0, a = 1, b = 1] = drawn ?? [w >> 2, h >> 2, w >> 1, h >> 1];
    setBox(state, event.shiftKey ? [l, t, a + unit * Number(dx), b + unit * Number(dy)] : [l + unit * Number(dx), t + unit * Number(dy), a, b]);
  });
  form.addEventListener("input", () => {
    const data = new FormData(form);
    setBox(state, ["left", "top", "width", "height"].map((name) => Number(data.get(name))), false);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void look(state, tell);
  });
}

/** Width and height of the picture that boxes are drawn on.
 * @param {State} state @returns {[number, number]} */
function size(state) {
  const [w, h] = current(state).size ?? [state.pixels.w, state.pixels.h];
  return [Number(w), Number(h)];
}

/** @param {number[]} a @param {number[]} b @returns {number[]} */
function spanned([ax = 0, ay = 0], [bx = 0, by = 0]) {
  return [Math.min(ax, bx), Math.min(ay, by), Math.abs(ax - bx), Math.abs(ay - by)];
}

/** @param {State} state @param {number[]} wanted @param {boolean} [write] */
function setBox(state, wanted, write = true) {
  const [w, h] = size(state);
  const [l = 0, t = 0, a = 1, b = 1] = wanted;
  const left = Math.min(Math.max(l, 0), w - 1);
  const top = Math.min(Math.max(t, 0), h - 1);
  drawn = [left, top, Math.min(Math.max(a, 1), w - left), Math.min(Math.max(b, 1), h - top)];
  if (write) {
    ["left", "top", "width", "height"].forEach((name, k) => {
      const input = the("crop-form", HTMLFormElement).elements.namedItem(name);
      if (input instanceof HTMLInputElement) input.value = String(drawn?.[k]);
    });
  }
  boxes(state);
}

/** @param {State} state @param {(share: number|null) => void} tell */
async function look(state, tell) {
  if (!drawn) return say("Draw a box on the picture first.");
  aborter.abort();
  aborter = new AbortController();
  const { signal } = aborter;
  const of = state.at;
  tell(0);
  try {
    await state.source.crop(current(state).id, drawn, state.ask, { signal, tell });
    say("");
    if (of === state.at) await show(state);
  } catch (error) {
    if (!signal.aborted) say(error instanceof Error ? error.message : String(error), true);
  } finally {
    if (!signal.aborted) tell(null);
  }
}

/** @param {State} state */
async function show(state) {
  const image = current(state);
  if (state.source.live && drawn && crops.length && crops[0] && image.id !== shownOf) drawn = null;
  shownOf = image.id;
  crops = await state.source.crops(image.id);
  whole = await state.source.picture(image.id, new AbortController().signal).then(openImage, () => state.pixels);
  if (shownOf !== image.id) return;
  box("crops-says").textContent = state.source.live ? "draw a box on the picture" : crops.length ? `${crops.length} of this image` : "";
  boxes(state);
  const nothing = state.source.live
    ? "No box yet. Draw one with the pointer, or choose the picture and use the arrow keys; each stays here to compare."
    : "No part of this image was looked at. Ask for one with --crop LEFT,TOP,WIDTH,HEIGHT, or draw it with inward serve.";
  const cards = await Promise.all(crops.map((crop) => card(state, crop)));
  fill(box("crop-list"), ...(cards.length ? cards : [make("p", { class: "empty" }, nothing)]));
}
let shownOf = -1;

/** @param {State} state */
function boxes(state) {
  if (!whole) return;
  const canvas = canvasOf("crop");
  const zoom = Math.max(1, Math.round(320 / Math.max(whole.w, whole.h)));
  const small = make("canvas");
  paintImage(small, whole);
  canvas.width = whole.w * zoom;
  canvas.height = whole.h * zoom;
  canvas.style.aspectRatio = `${whole.w} / ${whole.h}`;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  const [w, h] = size(state);
  const outline = (/** @type {number[]} */ [l = 0, t = 0, a = 0, b = 0], /** @type {number[]} */ [across = 1, down = 1], /** @type {string} */ line) => {
    context.lineWidth = 4;
    context.strokeStyle = "#000000";
    const place = /** @type {[number, number, number, number]} */ ([(l / across) * canvas.width, (t / down) * canvas.height, (a / across) * canvas.width, (b / down) * canvas.height]);
    context.strokeRect(...place);
    context.lineWidth = 2;
    context.strokeStyle = line;
    context.strokeRect(...place);
  };
  for (const crop of crops) outline(state.source.live ? crop.box : crop.on_input, state.source.live ? [w, h] : [whole.w, whole.h], "#ffd166");
  if (drawn && state.source.live) outline(drawn, [w, h], "#ffffff");
}

/** @param {State} state @param {Crop} crop @returns {Promise<HTMLElement>} */
async function card(state, crop) {
  const names = state.source.head.network.classes;
  const pixels = await openImage(crop.pixels);
  const map = await openMap(crop.map);
  const [before, after] = [make("canvas", { class: "picture", role: "img", "aria-label": "The crop" }), make("canvas", { class: "picture", role: "img", "aria-label": "Its map" })];
  paintImage(before, pixels);
  paintSigned(after, pixels, brightness(pixels), map.values, map.told.scale);
  const taken = Number(descending(crop.probabilities)[0]);
  const wholeTaken = Number(descending(current(state).probabilities)[0]);
  const was = current(state).probabilities[taken];
  const words = `${className(names, taken)} ${percent(Number(crop.probabilities[taken]))}`;
  const beside = taken === wholeTaken ? `; the whole: ${percent(Number(was))}` : `; the whole: ${className(names, wholeTaken)} ${percent(Number(current(state).probabilities[wholeTaken]))}`;
  return make("article", { class: "card", "data-box": crop.box.join(",") }, make("div", { class: "pair" }, before, after), make("p", {}, make("b", {}, words), beside), make("p", { class: "soft" }, `box ${crop.box.join(", ")}; ${crop.map.why}; ${crop.map.certificate.at(-1) ?? ""}`));
}
