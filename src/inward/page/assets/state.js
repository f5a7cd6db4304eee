// What is looked at now, and who wants to know when it changes.
import { unpack } from "./arrays.js";
import { brightness } from "./paint.js";
import { quantile } from "./words.js";
/** @typedef {import("./types.js").AttributionMap} AttributionMap */
/** @typedef {import("./types.js").Walk} Walk */
/** @typedef {import("./types.js").Picture} Picture */
/** @typedef {import("./paint.js").Image3} Image3 */

/** A map and its values (h, w).
 * @typedef {{told: AttributionMap, values: Float32Array}} OpenMap */

/** A walk and its arrays; tops and scales: what is drawn in full at each step.
 * @typedef {{told: Walk, start: Float32Array, probabilities: Float32Array[], strengths: Float32Array[],
 *   pushes: Float32Array[], tops: number[], scales: number[]}} OpenWalk */

/** @typedef {{
 *   source: import("./types.js").Source,
 *   at: number,
 *   ask: import("./types.js").Ask,
 *   pixels: Image3,
 *   grey: Float32Array,
 *   map: OpenMap|null,
 *   walk: OpenWalk|null,
 *   step: number,
 *   layer: number,
 *   scales: Map<string, number>,
 * }} State */

/** @type {Map<string, Set<() => void>>} */
const listeners = new Map();

/** Call when one of these changes: image, map, walk, step, layer, ask, images.
 * @param {string[]} what
 * @param {() => void} listener */
export function on(what, listener) {
  for (const one of what) listeners.set(one, (listeners.get(one) ?? new Set()).add(listener));
}

/** Tell all who want to know, each once.
 * @param {string[]} what */
export function changed(...what) {
  const called = new Set(what.flatMap((one) => [...(listeners.get(one) ?? [])]));
  for (const listener of called) listener();
}

/** The image that is looked at.
 * @param {State} state
 * @returns {Picture} */
export function current(state) {
  return /** @type {Picture} */ (state.source.head.images[state.at]);
}

/** @param {import("./types.js").Packed} packed @returns {Promise<Image3>} */
export async function openImage(packed) {
  const { shape, values } = await unpack(packed);
  const [h = 1, w = 1, c = 1] = shape;
  return { h, w, c, values };
}

/** @param {State} state @param {Image3} pixels */
export function setPixels(state, pixels) {
  state.pixels = pixels;
  state.grey = brightness(pixels);
  state.map = null;
  state.walk = null;
}

/** @param {AttributionMap} told @returns {Promise<OpenMap>} */
export async function openMap(told) {
  return { told, values: (await unpack(told.values)).values };
}

/** @param {Walk} told @returns {Promise<OpenWalk>} */
export async function openWalk(told) {
  const [start, probabilities, strengths, pushes] = await Promise.all(
    [told.start, told.probabilities, told.strengths, told.pushes].map(async (one) => (await unpack(one)).values),
  );
  const rows = (/** @type {Float32Array|undefined} */ all) => {
    const each = (all?.length ?? 0) / told.alphas.length;
    return told.alphas.map((_, i) => /** @type {Float32Array} */ (all).subarray(i * each, (i + 1) * each));
  };
  const strong = rows(strengths);
  const pushed = rows(pushes);
  return {
    told,
    start: /** @type {Float32Array} */ (start),
    probabilities: rows(probabilities),
    strengths: strong,
    pushes: pushed,
    tops: strong.map((row) => quantile(row, 0.99)),
    scales: pushed.map((row) => quantile(row.map(Math.abs), 0.99) || 1),
  };
}

/** The step at which half of the score is made; the image where nothing says so.
 * @param {Walk} walk
 * @returns {number} */
export function telling(walk) {
  const half = walk.shares.findIndex((share) => share !== null && share >= 0.5);
  const alpha = walk.curve_alphas[half] ?? 1;
  const step = walk.alphas.findIndex((one) => one >= alpha);
  return step < 0 ? walk.alphas.length - 1 : step;
}
