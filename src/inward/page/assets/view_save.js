// Save: pictures, animations, tables, arrays, and the page itself.
import { box, canvasOf, fill, make } from "./dom.js";
import { download, npz, png } from "./files.js";
import { gif } from "./gif.js";
import { paintGrid, paintImage, paintSigned, paintStrength } from "./paint.js";
import { say } from "./source.js";
import { current } from "./state.js";
import { chosenLayer, values } from "./view_inside.js";
import { csv } from "./view_weights.js";
/** @typedef {import("./state.js").State} State */

const SIDE = 224;

/** @param {State} state @param {(share: number|null) => void} tell */
export function startSave(state, tell) {
  const list = box("save-list");
  const button = box("save");
  const open = (/** @type {boolean} */ wanted) => {
    list.hidden = !wanted;
    button.setAttribute("aria-expanded", String(wanted));
  };
  button.addEventListener("click", () => open(list.hidden));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      open(false);
      button.focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Node && !button.parentElement?.contains(event.target)) open(false);
  });
  /** @type {[string, string, string, () => Promise<Blob>][]} */
  const ways = [
    ["map.png", "The map", "PNG", () => png(canvasOf("map"))],
    ["path-step.png", "The path at this α", "PNG", () => png(canvasOf("push"))],
    ["channels.png", "The grid of channels", "PNG", () => png(canvasOf("grid"), canvasOf("grid").width)],
    ["path.gif", "The path, in motion", "GIF", async () => path(state)],
    ["layers.gif", "From the input through the layers", "GIF", () => layers(state)],
    ["probabilities.csv", "Probabilities along the path", "CSV", async () => table(state)],
    ["weights.csv", "Histograms of the weights", "CSV", async () => new Blob([csv(state.source.head.weights)], { type: "text/csv" })],
    ["arrays.npz", "This image's map, path and layer", "NPZ", async () => arrays(state)],
  ];
  if (state.source.live) {
    ways.push(["report.html", "All these images as one frozen page", "HTML", async () => {
      tell(0);
      const ids = state.source.head.images.map((image) => image.id);
      try {
        return await state.source.frozen(ids, { ...state.ask, target: null, versus: null }, { signal: new AbortController().signal, tell });
      } finally {
        tell(null);
      }
    }]);
  }
  const items = ways.map(([name, words, kind, make_]) => {
    const item = make("button", { type: "button", "data-save": name }, words, make("small", {}, kind));
    item.addEventListener("click", async () => {
      open(false);
      say(`Making ${name} …`);
      try {
        download(await make_(), `${stem(state)}-${name}`);
        say(`Saved ${name}.`);
      } catch (error) {
        say(error instanceof Error ? error.message : String(error), true);
      }
    });
    return make("li", {}, item);
  });
  fill(list, ...items);
}

/** @param {State} state @returns {string} */
function stem(state) {
  return current(state).name.replace(/[^\w.-]+/g, "-").slice(0, 60) || "image";
}

/** @param {State} state @returns {import("./state.js").OpenWalk} */
function walkOf(state) {
  if (!state.walk) throw new Error("The path is still being computed.");
  return state.walk;
}

/** @param {State} state @returns {Blob} */
function path(state) {
  const walk = walkOf(state);
  const { pixels, grey } = state;
  const parts = [make("canvas"), make("canvas"), make("canvas")];
  const frames = walk.told.alphas.map((alpha, i) => {
    paintImage(/** @type {HTMLCanvasElement} */ (parts[0]), pixels, walk.start, alpha);
    paintStrength(/** @type {HTMLCanvasElement} */ (parts[1]), pixels, /** @type {Float32Array} */ (walk.strengths[i]), Number(walk.tops[i]));
    paintSigned(/** @type {HTMLCanvasElement} */ (parts[2]), pixels, grey, /** @type {Float32Array} */ (walk.pushes[i]), Number(walk.scales[i]));
    return sideBySide(parts);
  });
  return gif(frames, 12);
}

/** @param {State} state @returns {Promise<Blob>} */
async function layers(state) {
  const frames = [];
  for (const layer of state.source.head.network.layers) {
    const opened = await values(state, layer.name, new AbortController().signal);
    if (!opened) continue;
    const canvas = make("canvas");
    const columns = Math.ceil(Math.sqrt(opened.count));
    paintGrid(canvas, opened, Array.from({ length: opened.count }, (_, k) => [k]), opened.range, { columns, gap: 0, paper: [0, 0, 0] });
    frames.push(sideBySide([canvas], 2 * SIDE));
  }
  return gif(frames, 70);
}

/** @param {HTMLCanvasElement[]} parts @param {number} [side] @returns {ImageData} */
function sideBySide(parts, side = SIDE) {
  const sheet = make("canvas", { width: side * parts.length, height: side });
  const context = sheet.getContext("2d");
  if (!context) throw new Error("no 2d canvas");
  context.imageSmoothingEnabled = false;
  context.fillRect(0, 0, sheet.width, sheet.height);
  parts.forEach((part, i) => {
    const zoom = side / Math.max(part.width, part.height);
    context.drawImage(part, i * side, 0, part.width * zoom, part.height * zoom);
  });
  return context.getImageData(0, 0, sheet.width, sheet.height);
}

/** @param {State} state @returns {Blob} */
function table(state) {
  const walk = walkOf(state);
  const { classes, count } = state.source.head.network;
  const head = ["alpha", ...Array.from({ length: count }, (_, k) => JSON.stringify(classes[k] ?? `class ${k}`))];
  const rows = walk.told.alphas.map((alpha, i) => [alpha, ...(walk.probabilities[i] ?? [])].join(","));
  return new Blob([`${head.join(",")}\n${rows.join("\n")}\n`], { type: "text/csv" });
}

/** @param {State} state @returns {Blob} */
function arrays(state) {
  const walk = walkOf(state);
  const { pixels, map } = state;
  const a = walk.told.alphas.length;
  const joined = (/** @type {Float32Array[]} */ rows) => Float32Array.from(rows.flatMap((row) => Array.from(row)));
  const { opened } = chosenLayer();
  const layer = state.source.head.network.layers[state.layer];
  return npz({
    image: { shape: [pixels.h, pixels.w, pixels.c], values: pixels.values },
    ...(map ? { map: { shape: [pixels.h, pixels.w], values: map.values } } : {}),
    alphas: { shape: [a], values: Float32Array.from(walk.told.alphas) },
    probabilities: { shape: [a, state.source.head.network.count], values: joined(walk.probabilities) },
    strengths: { shape: [a, pixels.h, pixels.w], values: joined(walk.strengths) },
    pushes: { shape: [a, pixels.h, pixels.w], values: joined(walk.pushes) },
    ...(opened && layer ? { [layer.name]: { shape: [opened.count, opened.h, opened.w], values: opened.channels } } : {}),
  });
}
