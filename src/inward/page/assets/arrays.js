// Arrays as they travel: base64 of deflated bytes.
/** @typedef {import("./types.js").Packed} Packed */

/** @typedef {{shape: number[], values: Float32Array}} Unpacked */

/** @type {WeakMap<Packed, Promise<Unpacked>>} */
const known = new WeakMap();

/** The values of a packed array; asked for again, the same ones.
 * @param {Packed} packed
 * @returns {Promise<Unpacked>} */
export function unpack(packed) {
  const before = known.get(packed);
  if (before) return before;
  const made = inflate(packed);
  known.set(packed, made);
  return made;
}

/** @param {Packed} packed @returns {Promise<Unpacked>} */
async function inflate(packed) {
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  return { shape: packed.shape, values: scaled(packed, buffer) };
}

/** value = zero + step · byte, with a step for all or for each row.
 * @param {Packed} packed
 * @param {ArrayBuffer} buffer
 * @returns {Float32Array} */
function scaled(packed, buffer) {
  if (packed.kind === "float32") return new Float32Array(buffer);
  const bytes = packed.kind === "int8" ? new Int8Array(buffer) : new Uint8Array(buffer);
  const step = packed.step ?? [1];
  const zero = packed.zero ?? [0];
  const values = new Float32Array(bytes.length);
  const rows = Math.max(step.length, zero.length);
  const each = bytes.length / rows;
  for (let row = 0; row < rows; row++) {
    const a = Number(zero[zero.length > 1 ? row : 0]);
    const b = Number(step[step.length > 1 ? row : 0]);
    for (let i = row * each; i < (row + 1) * each; i++) values[i] = a + b * Number(bytes[i]);
  }
  return values;
}

/** Layers that the page makes from the layer below, by kind.
 * @type {Record<string, (x: number) => number>} */
export const POINTWISE = {
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  relu: (x) => (x > 0 ? x : 0),
};
