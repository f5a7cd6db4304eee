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

/** At most 256 colours for all frames, by median cut over colours of 5 bits a part, and each frame in them.
 * @param {Uint8ClampedArray[]} frames @returns {{palette: number[], indexed: Uint8Array[]}} */
function reduced(frames) {
  const counts = new Uint32Array(32768);
  const key = (/** @type {Uint8ClampedArray} */ d, /** @type {number} */ i) => ((Number(d[i]) >> 3) << 10) | ((Number(d[i + 1]) >> 3) << 5) | (Number(d[i + 2]) >> 3);
  for (const data of frames) for (let i = 0; i < data.length; i += 4) counts[key(data, i)] = Number(counts[key(data, i)]) + 1;
  const boxes = cut(Array.from(counts, (_, k) => k).filter((k) => counts[k]), counts);
  const index = new Uint8Array(32768);
  const palette = boxes.flatMap((box, i) => {
    const sums = [0, 0, 0];
    let all = 0;
    for (const k of box) {
      index[k] = i;
      all += Number(counts[k]);
      for (let part = 0; part < 3; part++) sums[part] = Number(sums[part]) + Number(counts[k]) * part5(k, part);
    }
    return sums.map((sum) => Math.round((255 / 31) * (sum / (all || 1))));
  });
  const indexed = frames.map((data) => Uint8Array.from({ length: data.length / 4 }, (_, i) => Number(index[key(data, 4 * i)])));
  return { palette: [...palette, ...new Array(768 - palette.length).fill(0)], indexed };
}

/** Red, green or blue of a colour of 15 bits.
 * @param {number} colour @param {number} part @returns {number} */
function part5(colour, part) {
  return (colour >> (10 - 5 * part)) & 31;
}

/** Cut the widest box of colours at its median until there are 256.
 * @param {number[]} colours @param {Uint32Array} counts @returns {number[][]} */
function cut(colours, counts) {
  const spread = (/** @type {number[]} */ box) => {
    const widths = [0, 1, 2].map((part) => {
      const values = box.map((k) => part5(k, part));
      return Math.max(...values) - Math.min(...values);
    });
    const widest = Math.max(...widths);
    const held = box.reduce((sum, k) => sum + Number(counts[k]), 0);
    return { box, part: widths.indexOf(widest), weight: widest * Math.sqrt(held) };
  };
  const boxes = [spread(colours)];
  while (boxes.length < 256) {
    const largest = boxes.reduce((best, one, i) => (one.weight > Number(boxes[best]?.weight) ? i : best), 0);
    const { box, part, weight } = boxes[largest] ?? { box: [], part: 0, weight: 0 };
    if (!weight) break;
    box.sort((a, b) => part5(a, part) - part5(b, part));
    const half = box.reduce((sum, k) => sum + Number(counts[k]), 0) / 2;
    let at = 0;
    for (let sum = 0; at < box.length - 1 && sum < half; at++) sum += Number(counts[box[at] ?? 0]);
    boxes.splice(largest, 1, spread(box.slice(0, Math.max(at, 1))), spread(box.slice(Math.max(at, 1))));
  }
  return boxes.map(({ box }) => box);
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
