// Integrated gradients: the map, how it is shown, what a pixel counts, and how far to trust it.
import { box, canvasOf, fill, make, segments, the } from "./dom.js";
import { paintSigned } from "./paint.js";
import { current, on } from "./state.js";
import { signed, number } from "./words.js";
/** @typedef {import("./state.js").State} State */

let sign = "both";
let scaling = "own";
let pixel = { x: -1, y: -1 };

/** @param {State} state */
export function startMap(state) {
  const draw = () => show(state);
  segments(box("signs"), [["both", "both"], ["positive", "for"], ["negative", "against"]], sign, (value) => {
    sign = value;
    draw();
  });
  segments(box("scales"), [["own", "own scale"], ["shared", "one for all images"]], scaling, (value) => {
    scaling = value;
    draw();
  });
  the("opacity", HTMLInputElement).addEventListener("input", draw);
  const canvas = canvasOf("map");
  canvas.addEventListener("pointermove", (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    read(state, Math.floor(((event.clientX - left) / width) * state.pixels.w), Math.floor(((event.clientY - top) / height) * state.pixels.h));
  });
  canvas.addEventListener("keydown", (event) => {
    const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    const middle = [state.pixels.w >> 1, state.pixels.h >> 1];
    read(state, (pixel.x < 0 ? Number(middle[0]) : pixel.x) + Number(dx), (pixel.y < 0 ? Number(middle[1]) : pixel.y) + Number(dy));
    event.preventDefault();
  });
  on(["image", "map"], () => {
    pixel = { x: -1, y: -1 };
    draw();
    told(state);
  });
}

/** @param {State} state @returns {number} */
export function mapScale(state) {
  const own = state.map?.told.scale ?? 1;
  return scaling === "shared" ? Math.max(own, ...state.scales.values()) : own;
}

/** @param {State} state */
function show(state) {
  const { pixels, grey, map } = state;
  const canvas = canvasOf("map");
  const opacity = Number(the("opacity", HTMLInputElement).value);
  box("opacity-says").textContent = `${opacity} %`;
  const scale = mapScale(state);
  paintSigned(canvas, pixels, grey, map?.values ?? new Float32Array(grey.length), scale, { sign, opacity: opacity / 100 });
  canvas.setAttribute("aria-label", map ? `Map of ${current(state).name}: ${map.told.why}. Arrow keys read its pixels.` : "No map yet");
  box("legend-low").textContent = signed(-scale);
  box("legend-high").textContent = signed(scale);
}

/** @param {State} state */
function told(state) {
  const map = state.map?.told;
  box("map-why").textContent = map?.why ?? "";
  box("pixel").textContent = map ? "Point at a pixel, or step with the arrow keys." : "";
  fill(
    box("certificate"),
    ...(map?.certificate ?? ["Being computed …"]).map((line, i, all) => make("p", { class: map && i === all.length - 1 ? (map.converged ? "kept" : "missed") : "" }, line)),
  );
}

/** @param {State} state @param {number} x @param {number} y */
function read(state, x, y) {
  const { pixels, map } = state;
  if (!map) return;
  pixel = { x: Math.min(Math.max(x, 0), pixels.w - 1), y: Math.min(Math.max(y, 0), pixels.h - 1) };
  const at = pixel.y * pixels.w + pixel.x;
  const value = Number(map.values[at]);
  const colours = Array.from({ length: pixels.c }, (_, k) => number(pixels.values[at * pixels.c + k])).join(", ");
  const share = map.told.total ? `, ${number((100 * value) / map.told.total)} % of the sum` : "";
  fill(box("pixel"), `column ${pixel.x}, row ${pixel.y}: `, make("b", { class: value >= 0 ? "for" : "against", "data-value": value }, signed(value)), `${share}; the pixel is ${colours}`);
}
