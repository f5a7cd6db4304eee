// Files that the page makes itself: a zip of NumPy arrays, and downloads.

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {HTMLCanvasElement} canvas @param {number} side at least so many pixels across @returns {Promise<Blob>} */
export function png(canvas, side = 512) {
  const zoom = Math.max(1, Math.round(side / Math.max(canvas.width, 1)));
  const large = document.createElement("canvas");
  large.width = canvas.width * zoom;
  large.height = canvas.height * zoom;
  const context = large.getContext("2d");
  if (!context) return Promise.reject(new Error("no 2d canvas"));
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return new Promise((resolve, reject) => large.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no PNG"))), "image/png"));
}

/** Arrays as NumPy's npz: a zip of float32 arrays, stored.
 * @param {Record<string, {shape: number[], values: Float32Array}>} arrays
 * @returns {Blob} */
export function npz(arrays) {
  return zip(Object.entries(arrays).map(([name, { shape, values }]) => [`${name}.npy`, npy(shape, values)]));
}

/** @param {number[]} shape @param {Float32Array} values @returns {Uint8Array} */
function npy(shape, values) {
  const described = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  const head = `${described.padEnd(Math.ceil((described.length + 11) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + head.length + 4 * values.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, head.length & 255, head.length >> 8]);
  bytes.set(new TextEncoder().encode(head), 10);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 10 + head.length);
  return bytes;
}

/** @param {[string, Uint8Array][]} files @returns {Blob} */
function zip(files) {
  /** @type {Uint8Array[]} */
  const parts = [];
  /** @type {Uint8Array[]} */
  const central = [];
  let offset = 0;
  for (const [name, content] of files) {
    const title = new TextEncoder().encode(name);
    const common = [20, 0, 0, 0, 0, 0, 0, 0, 33, 0, ...little(crc32(content)), ...little(content.length), ...little(content.length), title.length, 0, 0, 0];
    const local = Uint8Array.from([0x50, 0x4b, 3, 4, ...common, ...title]);
    central.push(Uint8Array.from([0x50, 0x4b, 1, 2, 20, 0, ...common, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...little(offset), ...title]));
    parts.push(local, content);
    offset += local.length + content.length;
  }
  const size = central.reduce((sum, one) => sum + one.length, 0);
  const count = files.length;
  const end = Uint8Array.from([0x50, 0x4b, 5, 6, 0, 0, 0, 0, count & 255, count >> 8, count & 255, count >> 8, ...little(size), ...little(offset), 0, 0]);
  return new Blob(/** @type {BlobPart[]} */ ([...parts, ...central, end]), { type: "application/zip" });
}

/** @param {number} value @returns {number[]} */
function little(value) {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
}

/** @param {Uint8Array} bytes @returns {number} */
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ -1) >>> 0;
}
