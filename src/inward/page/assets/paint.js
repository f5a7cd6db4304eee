// Arrays become pixels. Each canvas has as many pixels as its array; the style enlarges it.

const UP = [29, 78, 216];
const DOWN = [220, 38, 38];

/** @typedef {{h: number, w: number, c: number, values: Float32Array}} Image3 */

/** @type {WeakMap<HTMLCanvasElement, {context: CanvasRenderingContext2D, data: ImageData}>} */
const sheets = new WeakMap();

/** A canvas of this size, its context and pixels that are used again.
 * @param {HTMLCanvasElement} canvas
 * @param {number} w
 * @param {number} h */
function sheet(canvas, w, h) {
  const before = sheets.get(canvas);
  if (before && canvas.width === w && canvas.height === h) return before;
  canvas.width = w;
  canvas.height = h;
  const context = canvas.getContext("2d", { willReadFrequently: true }); // pixels are made here, not on a GPU
  if (!context) throw new Error("no 2d canvas");
  const data = context.createImageData(w, h);
  data.data.fill(255);
  const made = { context, data };
  sheets.set(canvas, made);
  return made;
}

/** Rec. 601's brightness, in [0, 1], of each pixel.
 * @param {Image3} image
 * @returns {Float32Array} */
export function brightness(image) {
  const { h, w, c, values } = image;
  const grey = new Float32Array(h * w);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = c === 3 ? 0.299 * v(values, 3 * i) + 0.587 * v(values, 3 * i + 1) + 0.114 * v(values, 3 * i + 2) : v(values, c * i);
  }
  return grey;
}

/** @param {Float32Array} values @param {number} i @returns {number} */
function v(values, i) {
  return /** @type {number} */ (values[i]);
}

/** The image on its way: start + alpha (image - start).
 * @param {HTMLCanvasElement} canvas
 * @param {Image3} image
 * @param {Float32Array|null} start
 * @param {number} alpha */
export function paintImage(canvas, image, start = null, alpha = 1) {
  const { h, w, c, values } = image;
  const { context, data } = sheet(canvas, w, h);
  const out = data.data;
  for (let i = 0; i < h * w; i++) {
    for (let k = 0; k < 3; k++) {
      const at = c === 3 ? 3 * i + k : c * i;
      const from = start ? v(start, at) : 0;
      out[4 * i + k] = 255 * (start ? from + alpha * (v(values, at) - from) : v(values, at));
    }
  }
  context.putImageData(data, 0, 0);
}

/** The image where the gradient is strong, black where it is not: image · min(m, top) / top.
 * @param {HTMLCanvasElement} canvas
 * @param {Image3} image
 * @param {Float32Array} strengths m, (h, w)
 * @param {number} top */
export function paintStrength(canvas, image, strengths, top) {
  const { h, w, c, values } = image;
  const { context, data } = sheet(canvas, w, h);
  const out = data.data;
  const scale = top > 0 ? 255 / top : 0;
  for (let i = 0; i < h * w; i++) {
    const m = Math.min(v(strengths, i) * scale, 255);
    for (let k = 0; k < 3; k++) out[4 * i + k] = m * v(values, c === 3 ? 3 * i + k : c * i);
  }
  context.putImageData(data, 0, 0);
}

/** A signed map over the grey image: blue is positive, red is negative.
 * @param {HTMLCanvasElement} canvas
 * @param {{h: number, w: number}} size
 * @param {Float32Array} grey
 * @param {Float32Array} map (h, w)
 * @param {number} scale that is drawn in full colour
 * @param {{sign?: string, opacity?: number}} [how] */
export function paintSigned(canvas, size, grey, map, scale, how = {}) {
  const { h, w } = size;
  const { context, data } = sheet(canvas, w, h);
  const out = data.data;
  const opacity = how.opacity ?? 1;
  const up = how.sign !== "negative";
  const down = how.sign !== "positive";
  for (let i = 0; i < h * w; i++) {
    const value = v(map, i);
    const shown = value >= 0 ? up : down;
    const a = shown ? opacity * Math.min(Math.abs(value) / scale, 1) : 0;
    const colour = value >= 0 ? UP : DOWN;
    const under = 255 * v(grey, i);
    for (let k = 0; k < 3; k++) out[4 * i + k] = (1 - a) * under + a * Number(colour[k]);
  }
  context.putImageData(data, 0, 0);
}

/** Channels side by side on one sheet, in the order given, grey or three at a time as colours.
 * @param {HTMLCanvasElement} canvas
 * @param {{h: number, w: number, channels: Float32Array}} layer channels first
 * @param {number[][]} tiles each of one channel, or of three
 * @param {[number, number]} range black and white
 * @param {{columns: number, gap: number, paper: [number, number, number]}} grid */
export function paintGrid(canvas, layer, tiles, range, grid) {
  const { h, w, channels } = layer;
  const rows = Math.ceil(tiles.length / grid.columns);
  const { context, data } = sheet(canvas, grid.columns * (w + grid.gap) - grid.gap, rows * (h + grid.gap) - grid.gap);
  const out = data.data;
  for (let i = 0; i < out.length; i++) out[i] = i % 4 === 3 ? 255 : Number(grid.paper[i % 4]);
  tiles.forEach((tile, t) => {
    const top = Math.floor(t / grid.columns) * (h + grid.gap);
    const left = (t % grid.columns) * (w + grid.gap);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const at = 4 * ((top + y) * data.width + left + x);
        for (let k = 0; k < 3; k++) {
          const channel = tile.length === 1 ? tile[0] : tile[k];
          out[at + k] = channel === undefined ? 0 : level(v(channels, (channel * h + y) * w + x), range);
        }
      }
    }
  });
  context.putImageData(data, 0, 0);
}

/** @param {number} value @param {[number, number]} range @returns {number} */
function level(value, range) {
  return (255 * (value - range[0])) / (range[1] - range[0] || 1);
}

/** One channel over the image, enlarged to the image's size.
 * @param {HTMLCanvasElement} canvas
 * @param {{h: number, w: number}} size of the image
 * @param {Float32Array} grey
 * @param {{h: number, w: number, values: Float32Array}} channel
 * @param {[number, number]} range
 * @param {number} opacity */
export function paintOver(canvas, size, grey, channel, range, opacity) {
  const { h, w } = size;
  const { context, data } = sheet(canvas, w, h);
  const out = data.data;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const i = y * w + x;
      const from = Math.floor((y * channel.h) / h) * channel.w + Math.floor((x * channel.w) / w);
      const shown = Math.min(255, Math.max(0, level(v(channel.values, from), range)));
      const value = (1 - opacity) * 255 * v(grey, i) + opacity * shown;
      out[4 * i] = out[4 * i + 1] = out[4 * i + 2] = value;
    }
  }
  context.putImageData(data, 0, 0);
}
