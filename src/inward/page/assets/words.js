// Numbers and names as a reader wants them.

/** Three digits that count.
 * @param {number|null|undefined} value
 * @returns {string} */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 999.5 && Math.abs(value) < 1e7) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

/** @param {number|null|undefined} value @returns {string} */
export function signed(value) {
  return value !== null && value !== undefined && value > 0 ? `+${number(value)}` : number(value);
}

/** A share in [0, 1]; 0 and 100 are said of nothing else.
 * @param {number} share
 * @returns {string} */
export function percent(share) {
  const rounded = (100 * share).toFixed(0);
  if (rounded === "0" && share > 0) return "<1 %";
  if (rounded === "100" && share < 1) return ">99 %";
  return `${rounded} %`;
}

/** @param {string[]} classes @param {number} position @returns {string} */
export function className(classes, position) {
  return classes[position] ?? `class ${position}`;
}

/** Positions of an array from its largest value to its least.
 * @param {ArrayLike<number>} values
 * @returns {number[]} */
export function descending(values) {
  return Array.from(values, (_, i) => i).sort((a, b) => Number(values[b]) - Number(values[a]) || a - b);
}

/** The value below which a share of all values lies, linear between neighbours.
 * @param {Float32Array} values
 * @param {number} share
 * @returns {number} */
export function quantile(values, share) {
  if (!values.length) return 0;
  const sorted = Float32Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const a = Number(sorted[low]);
  const b = Number(sorted[Math.min(low + 1, sorted.length - 1)]);
  return a + (place - low) * (b - a);
}
