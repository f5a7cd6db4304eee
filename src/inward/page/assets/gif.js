// An animation of canvases: at most 256 colours for all frames, LZW, shown for ever.

/** @param {{width: number, height: number, data: Uint8ClampedArray}[]} frames of one size
 * @param {number} pause in hundredths of a second
 * @returns {Blob} */
export function gif(frames, pause) {
  const { width = 1, height = 1 } = frames[0] ?? {};
  const { palette, indexed } = reduced(frames.map((frame) => frame.data));
  const short = (/** @type {number} */ value) => [value & 255, value >> 8];
  const loop = [0x21, 0xff, 11, ...bytes("NETSCAPE2.0"), 3, 1, 0, 0, 0];
  /** @type {Uint8Array[]} */
  const parts = [Uint8Array.from([...bytes("GIF89a"), ...short(width), ...short(height), 0xf7, 0, 0, ...palette, ...loop])];
  indexed.forEach((frame, i) => {
    const wait = i === indexed.length - 1 ? 4 * pause : pause;
    parts.push(Uint8Array.from([0x21, 0xf9, 4, 4, ...short(wait), 0, 0, 0x2c, 0, 0, 0, 0, ...short(width), ...short(height), 0, 8]));
    parts.push(lzw(frame));
  });
  parts.push(Uint8Array.from([0x3b]));
  return new Blob(/** @type {BlobPart[]} */ (parts), { type: "image/gif" });
}

/** @param {string} text @returns {number[]} */
function bytes(text) {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/** The 256 colours (of 5 bits a part) that occur most, and each frame in them.
 * @param {Uint8ClampedArray[]} frames @returns {{palette: number[], indexed: Uint8Array[]}} */
function reduced(frames) {
  const counts = new Uint32Array(32768);
  const key = (/** @type {Uint8ClampedArray} */ d, /** @type {number} */ i) => ((Number(d[i]) >> 3) << 10) | ((Number(d[i + 1]) >> 3) << 5) | (Number(d[i + 2]) >> 3);
  for (const data of frames) for (let i = 0; i < data.length; i += 4) counts[key(data, i)] = Number(counts[key(data, i)]) + 1;
  const kept = Array.from(counts, (_, k) => k).filter((k) => counts[k]).sort((a, b) => Number(counts[b]) - Number(counts[a])).slice(0, 256);
  const parts = (/** @type {number} */ k) => [k >> 10, (k >> 5) & 31, k & 31];
  /** @type {Map<number, number>} */
  const nearest = new Map(kept.map((k, i) => [k, i]));
  const index = (/** @type {number} */ k) => {
    const before = nearest.get(k);
    if (before !== undefined) return before;
    const [r = 0, g = 0, b = 0] = parts(k);
    let best = 0;
    let least = Infinity;
    kept.forEach((one, i) => {
      const [x = 0, y = 0, z = 0] = parts(one);
      const far = (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2;
      if (far < least) [best, least] = [i, far];
    });
    nearest.set(k, best);
    return best;
  };
  const indexed = frames.map((data) => Uint8Array.from({ length: data.length / 4 }, (_, i) => index(key(data, 4 * i))));
  const palette = kept.flatMap((k) => parts(k).map((part) => (part << 3) | (part >> 2)));
  return { palette: [...palette, ...new Array(768 - palette.length).fill(0)], indexed };
}

/** @param {Uint8Array} pixels of 8 bits @returns {Uint8Array} in blocks of at most 255 bytes, ended by an empty one */
function lzw(pixels) {
  /** @type {number[]} */
  const out = [];
  let bits = 0;
  let held = 0;
  let size = 9;
  const put = (/** @type {number} */ code) => {
    held |= code << bits;
    bits += size;
    while (bits >= 8) {
      out.push(held & 255);
      held >>>= 8;
      bits -= 8;
    }
  };
  /** @type {Map<number, number>} */
  let table = new Map();
  let next = 258;
  put(256);
  let prefix = Number(pixels[0] ?? 0);
  for (let i = 1; i < pixels.length; i++) {
    const pixel = Number(pixels[i]);
    const code = table.get((prefix << 8) | pixel);
    if (code !== undefined) {
      prefix = code;
      continue;
    }
    put(prefix);
    if (next < 4096) {
      table.set((prefix << 8) | pixel, next);
      if (next === 1 << size) size += 1;
      next += 1;
    } else {
      put(256);
      table = new Map();
      next = 258;
      size = 9;
    }
    prefix = pixel;
  }
  put(prefix);
  put(257);
  if (bits > 0) out.push(held & 255);
  const blocks = [];
  for (let i = 0; i < out.length; i += 255) blocks.push(Math.min(255, out.length - i), ...out.slice(i, i + 255));
  return Uint8Array.from([...blocks, 0]);
}
