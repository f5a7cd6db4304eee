// Inside: the row of layers, every channel of the chosen one, and one channel enlarged.
import { POINTWISE, unpack } from "./arrays.js";
import { chart, colour, SERIES } from "./charts.js";
import { box, canvasOf, fill, listbox, make, segments, select, the } from "./dom.js";
import { paintGrid, paintOver } from "./paint.js";
import { changed, current, on } from "./state.js";
import { className, descending, number, quantile } from "./words.js";
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./types.js").Packed} Packed */

/** One layer of one image: channels first; range is what is drawn black and white.
 * @typedef {{h: number, w: number, count: number, channels: Float32Array, strengths: number[], range: [number, number]}} Opened */

const PAUSE = 900;
let order = "index";
let colours = "grey";
let chosen = 0;
/** @type {Opened|null} */
let opened = null;
/** @type {number[][]} */
let tiles = [];
let grid = { columns: 1, gap: 1, zoom: 1 };
let timer = 0;
let turn = 0;
let aborter = new AbortController();

/** @param {State} state */
export function startInside(state) {
  const row = box("layers");
  const layers = state.source.head.network.layers;
  listbox(row, layers.map((layer) => glyph(state, layer)), (index) => {
    state.layer = index;
    changed("layer");
  });
  segments(box("colours"), [["grey", "grey"], ["triples", "colours, three at a time"]], colours, (value) => {
    colours = value;
    draw(state);
  });
  segments(box("orders"), [["index", "by number"], ["strength", "by strength"]], order, (value) => {
    order = value;
    draw(state);
  });
  the("channel-opacity", HTMLInputElement).addEventListener("input", () => enlarge(state));
  const slot = box("grid-slot");
  canvasOf("grid").addEventListener("click", (event) => {
    const canvas = canvasOf("grid");
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const x = Math.floor((((event.clientX - left) / width) * canvas.width) / ((opened?.w ?? 1) + grid.gap));
    const y = Math.floor((((event.clientY - top) / height) * canvas.height) / ((opened?.h ?? 1) + grid.gap));
    choose(state, y * grid.columns + x);
  });
  slot.addEventListener("keydown", (event) => {
    const at = tiles.findIndex((tile) => tile.includes(chosen));
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: grid.columns, ArrowUp: -grid.columns }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? tiles.length - 1 : step ? at + step : -1;
    if (to < 0 || to >= tiles.length) return;
    choose(state, to);
    event.preventDefault();
  });
  box("through").addEventListener("click", () => (timer ? stop() : play(state)));
  on(["image", "layer"], () => void open(state));
  new ResizeObserver(() => draw(state)).observe(/** @type {HTMLElement} */ (slot.parentElement));
}

/** @param {State} state @param {import("./types.js").Layer} layer @returns {HTMLElement} */
function glyph(state, layer) {
  const [h = 1, w = 1, c] = layer.shape;
  const block = make("i", { "aria-hidden": "true" });
  const flat = layer.shape.length < 3;
  block.style.height = `${flat ? 3 : 4 + Math.min(30, 5 * Math.log2(h))}px`;
  block.style.width = `${4 + 4 * Math.log2(1 + (flat ? h : Number(c)))}px`;
  const shape = flat ? String(h) : `${h}×${w}×${c}`;
  const kept = layer.kind === "input" || state.source.live || stored(state, layer.name);
  const name = make("span", {}, layer.name);
  return make("div", { role: "option", "aria-selected": "false", title: kept ? layer.kind : `${layer.kind}, not kept`, tabindex: -1, class: kept ? "" : "missing", "data-layer": layer.name }, block, name, " ", make("small", {}, shape));
}

/** @type {Set<string>|null} */
let names = null;

/** @param {Set<string>} kept names of the layers that a frozen page has */
export function keptLayers(kept) {
  names = kept;
}

/** @param {State} state @param {string} name @returns {boolean} */
function stored(state, name) {
  const made = state.source.head.network.layers.find((layer) => layer.name === name)?.made;
  return names === null || names.has(made ? made[1] : name);
}

/** @param {State} state */
function play(state) {
  const last = state.source.head.network.layers.length - 1;
  if (state.layer >= last) state.layer = -1;
  const button = box("through");
  button.setAttribute("aria-pressed", "true");
  button.setAttribute("aria-label", "Pause");
  button.textContent = "❚❚";
  const next = () => {
    if (state.layer >= last) return stop();
    state.layer += 1;
    changed("layer");
  };
  timer = window.setInterval(next, PAUSE);
  next();
}

function stop() {
  window.clearInterval(timer);
  timer = 0;
  const button = box("through");
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-label", "Play from the input through the layers");
  button.textContent = "▶";
}

/** @param {State} state */
async function open(state) {
  const layer = state.source.head.network.layers[state.layer];
  select(box("layers"), state.layer);
  if (!layer) return;
  const mine = (turn += 1);
  aborter.abort();
  aborter = new AbortController();
  const found = await values(state, layer.name, aborter.signal).catch(() => null);
  if (mine !== turn) return;
  opened = found;
  chosen = Math.min(chosen, (found?.count ?? 1) - 1);
  box("inside-says").textContent = `${layer.name}: ${layer.kind}, ${layer.shape.join(" × ")}`;
  const empty = box("grid-empty");
  empty.hidden = found !== null;
  empty.textContent = found ? "" : `The activations of ${layer.name} were not kept for so many images. Inspect fewer, or look with inward serve.`;
  box("grid-slot").hidden = !found;
  draw(state);
}

/** A layer's activations, channels first; a layer without places is one channel a unit.
 * @param {State} state @param {string} name @param {AbortSignal} signal
 * @returns {Promise<Opened|null>} */
export async function values(state, name, signal) {
  const image = current(state);
  const layer = state.source.head.network.layers.find((one) => one.name === name);
  if (!layer) return null;
  if (layer.kind === "input") {
    const { h, w, c, values } = state.pixels;
    const channels = new Float32Array(values.length);
    for (let i = 0; i < h * w; i++) for (let k = 0; k < c; k++) channels[k * h * w + i] = Number(values[i * c + k]);
    return finished(h, w, c, channels);
  }
  const packed = await state.source.layer(image.id, layer.made ? layer.made[1] : name, signal);
  if (!packed) return null;
  const { shape, values: found } = await unpack(packed);
  const apply = layer.made ? POINTWISE[layer.made[0]] : undefined;
  const made = apply ? found.map(apply) : found;
  const [count = 1, h = 1, w = 1] = shape.length === 3 ? shape : [made.length, 1, 1];
  return finished(h, w, count, made);
}

/** @param {number} h @param {number} w @param {number} count @param {Float32Array} channels @returns {Opened} */
function finished(h, w, count, channels) {
  const strengths = Array.from({ length: count }, (_, k) => {
    let sum = 0;
    for (let i = k * h * w; i < (k + 1) * h * w; i++) sum += Math.abs(Number(channels[i]));
    return sum / (h * w);
  });
  return { h, w, count, channels, strengths, range: [quantile(channels, 0.01), quantile(channels, 0.99)] };
}

/** @param {State} state */
function draw(state) {
  if (!opened) return;
  const { count, h, w } = opened;
  const sorted = order === "strength" ? descending(opened.strengths) : Array.from({ length: count }, (_, k) => k);
  tiles = [];
  const each = colours === "triples" ? 3 : 1;
  for (let k = 0; k < count; k += each) tiles.push(sorted.slice(k, k + each));
  const canvas = canvasOf("grid");
  const room = Math.max(120, (box("grid-slot").parentElement?.clientWidth ?? 600) - 4);
  const wanted = h === 1 && w === 1 ? 26 : tiles.length <= 4 ? 200 : tiles.length <= 16 ? 110 : 64;
  const side = Math.max(18, Math.min(wanted, room < 500 ? Math.min(wanted, 44) : wanted));
  const columns = Math.max(1, Math.min(tiles.length, Math.floor(room / (side + 2))));
  grid = { columns, gap: 1, zoom: side / w };
  const paper = hex(colour("panel"));
  paintGrid(canvas, opened, tiles, opened.range, { columns, gap: h === 1 && w === 1 ? 0 : 1, paper });
  grid.gap = h === 1 && w === 1 ? 0 : 1;
  canvas.style.width = `${Math.min(room, canvas.width * grid.zoom)}px`;
  box("scale-says").textContent = `${tiles.length} ${each === 3 ? "triples" : count === 1 ? "channel" : "channels"}, all on one scale: black ${number(opened.range[0])}, white ${number(opened.range[1])}`;
  enlarge(state);
}

/** @param {string} text such as #161a21 @returns {[number, number, number]} */
function hex(text) {
  const value = parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** @param {State} state @param {number} tile */
function choose(state, tile) {
  const first = tiles[tile]?.[0];
  if (first === undefined) return;
  chosen = first;
  enlarge(state);
}

/** @param {State} state */
function enlarge(state) {
  if (!opened) return;
  const { h, w, channels, count, strengths, range } = opened;
  const layer = state.source.head.network.layers[state.layer];
  const part = channels.subarray(chosen * h * w, (chosen + 1) * h * w);
  const opacity = Number(the("channel-opacity", HTMLInputElement).value);
  box("channel-opacity-says").textContent = `${opacity} %`;
  paintOver(canvasOf("channel"), state.pixels, state.grey, { h, w, values: part }, range, opacity / 100);
  const unit = layer?.shape.length === 1 && layer.shape[0] === state.source.head.network.count ? ` (${className(state.source.head.network.classes, chosen)})` : "";
  const title = `${layer?.name ?? ""}, channel ${chosen}${unit}`;
  box("channel-title").textContent = title;
  canvasOf("channel").setAttribute("aria-label", `${title}, enlarged`);
  const slot = box("grid-slot");
  slot.setAttribute("aria-valuemax", String(count - 1));
  slot.setAttribute("aria-valuenow", String(chosen));
  slot.setAttribute("aria-valuetext", `channel ${chosen}${unit}, mean size ${number(strengths[chosen])}`);
  let low = Infinity;
  let high = -Infinity;
  for (const value of part) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const rank = descending(strengths).indexOf(chosen) + 1;
  fill(box("channel-says"), `${number(low)} to ${number(high)}; mean size ${number(strengths[chosen])}, rank ${rank} of ${count}.`);
  chart(box("channel-histogram"), [{ x: Array.from(part), type: "histogram", nbinsx: 40, marker: { color: SERIES[0] }, hovertemplate: "%{y} at %{x}<extra></extra>" }], {
    margin: { l: 34, r: 4, t: 4, b: 22 },
    showlegend: false,
  });
}

/** What is chosen, for those who save it.
 * @returns {{opened: Opened|null, tiles: number[][], channel: number}} */
export function chosenLayer() {
  return { opened, tiles, channel: chosen };
}
