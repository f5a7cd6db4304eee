// Weights: how each layer's are spread, before and after training and at every epoch between.
import { unpack } from "./arrays.js";
import { chart, colour, SERIES } from "./charts.js";
import { box, fill, make, segments, table, the } from "./dom.js";
import { download } from "./files.js";
import { number, signed } from "./words.js";
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./types.js").LayerWeights} LayerWeights */

const TAIL = 0.0005;
const WIDER = 1.4;
let counts = "linear";

/** @param {State} state */
export function startWeights(state) {
  const { weights, formation } = state.source.head;
  const chooser = the("weights-layer", HTMLSelectElement);
  const epoch = the("epoch", HTMLInputElement);
  const epochs = formation ? Math.max(0, ...Object.values(formation.weights).map((one) => one.norms.length - 1)) : 0;
  if (!weights.length) {
    fill(box("weights"), make("h2", { id: "weights-title" }, "Weights"), make("p", { class: "empty" }, "This model has no weights to show."));
    return;
  }
  fill(chooser, make("option", { value: "" }, "all, overlaid"), ...weights.map((one) => make("option", { value: one.name }, one.name)));
  segments(box("counts"), [["linear", "linear"], ["log", "log counts"]], counts, (value) => {
    counts = value;
    void draw(state);
  });
  box("epoch-label").hidden = epochs === 0;
  epoch.max = String(epochs);
  epoch.value = String(epochs);
  chooser.addEventListener("change", () => void draw(state));
  epoch.addEventListener("input", () => void draw(state));
  box("weights-csv").addEventListener("click", () => download(new Blob([csv(weights)], { type: "text/csv" }), "weights.csv"));
  box("weights-says").textContent = weights.some((one) => one.before) ? "before training dashed, after it solid" : "before training is not known";
  statistics(weights);
  void draw(state);
}

/** @param {State} state */
async function draw(state) {
  const { weights, formation, training } = state.source.head;
  const name = the("weights-layer", HTMLSelectElement).value;
  const epoch = the("epoch", HTMLInputElement);
  const time = Number(epoch.value);
  const last = time === Number(epoch.max);
  const accuracy = training["test_accuracy"]?.[(training["epoch"] ?? []).indexOf(time)];
  const words = time === 0 ? "before" : `${time}${typeof accuracy === "number" ? `: ${(100 * accuracy).toFixed(1)} % right` : ""}`;
  box("epoch-says").textContent = words;
  epoch.setAttribute("aria-valuetext", time === 0 ? "before training" : `after epoch ${words}`);
  const shown = weights.filter((one) => !name || one.name === name);
  const traces = [];
  for (const one of shown) {
    const line = SERIES[weights.indexOf(one) % SERIES.length];
    const spread = last ? undefined : formation?.weights[one.name];
    const now = spread ? await at(spread, time) : { edges: one.edges, counts: one.after };
    if (one.before && name) traces.push(outline(one.edges, one.before, `${one.name} before`, { color: colour("soft"), width: 1.2, dash: "dash" }));
    else if (one.before) traces.push({ ...outline(one.edges, one.before, one.name, { color: line, width: 1, dash: "dot" }), showlegend: false, opacity: 0.5 });
    const fill = name ? { fill: "tozeroy", fillcolor: `${line}33` } : {};
    traces.push({ ...outline(now.edges, now.counts, name ? `${one.name} ${last ? "after" : `epoch ${time}`}` : one.name, { color: line, width: 1.8 }), ...fill });
  }
  chart(box("weights-chart"), traces, {
    xaxis: { title: { text: "weight", standoff: 4 }, range: name ? limits(shown) : common(shown) },
    yaxis: { title: { text: "density" }, type: counts, ...(counts === "log" ? { dtick: 1 } : { rangemode: "tozero" }) },
  });
}

/** A histogram of one point in time.
 * @param {import("./types.js").Spread} spread @param {number} time */
async function at(spread, time) {
  const [edges, found] = await Promise.all([unpack(spread.edges), unpack(spread.counts)]);
  const row = (/** @type {{shape: number[], values: Float32Array}} */ { shape, values }) => {
    const each = Number(shape[1]);
    return Array.from(values.subarray(time * each, (time + 1) * each));
  };
  return { edges: row(edges), counts: row(found) };
}

/** Densities as steps, so that layers of different size can be compared.
 * @param {number[]} edges @param {number[]} found @param {string} name @param {object} line */
function outline(edges, found, name, line) {
  const total = found.reduce((sum, n) => sum + n, 0) || 1;
  const y = found.map((n, i) => n / total / (Number(edges[i + 1]) - Number(edges[i])));
  return { x: edges, y: [...y, y.at(-1) ?? 0], name, mode: "lines", line: { shape: "hv", ...line }, hovertemplate: "%{y:.3g} at %{x:.3g}" };
}

/** Weights between which all but the outermost of every histogram lie.
 * @param {LayerWeights[]} shown @returns {[number, number]} */
function limits(shown) {
  let low = Infinity;
  let high = -Infinity;
  for (const { edges, after, before } of shown) {
    for (const found of [after, before ?? after]) {
      const total = found.reduce((sum, n) => sum + n, 0) || 1;
      let sum = 0;
      found.forEach((n, i) => {
        if (sum / total < TAIL && (sum + n) / total >= TAIL) low = Math.min(low, Number(edges[i]));
        if (sum / total <= 1 - TAIL && (sum + n) / total > 1 - TAIL) high = Math.max(high, Number(edges[i + 1]));
        sum += n;
      });
    }
  }
  return [Number.isFinite(low) ? low : -1, Number.isFinite(high) ? high : 1];
}

/** What the middle one of the layers needs, with room: one wide layer does not make needles of the others.
 * @param {LayerWeights[]} shown @returns {[number, number]} */
function common(shown) {
  const found = shown.map((one) => limits([one]));
  const middle = (/** @type {number[]} */ values) => Number(values.sort((a, b) => a - b)[values.length >> 1]);
  return [WIDER * middle(found.map((one) => one[0])), WIDER * middle(found.map((one) => one[1]))];
}

/** @param {LayerWeights[]} weights */
function statistics(weights) {
  const columns = ["layer", "when", "weights", "mean", "deviation", "least", "greatest", "not finite", "moved by"];
  const row = (/** @type {string} */ name, /** @type {string} */ when, /** @type {import("./types.js").Statistics} */ of, /** @type {string} */ moved) => [
    name, when, of.count.toLocaleString("en"), signed(of.mean), number(of.standard_deviation), signed(of.minimum), signed(of.maximum), String(of.non_finite), moved,
  ];
  const rows = weights.flatMap((one) => [
    ...(one.before_statistics ? [row(one.name, "before", one.before_statistics, "")] : []),
    row(one.name, one.before_statistics ? "after" : "now", one.after_statistics, one.distance === null ? "" : number(one.distance)),
  ]);
  fill(box("weights-table"), table(columns, rows));
}

/** @param {LayerWeights[]} weights @returns {string} */
export function csv(weights) {
  const rows = weights.flatMap((one) =>
    one.after.map((n, i) => [JSON.stringify(one.name), one.edges[i], one.edges[i + 1], one.before ? one.before[i] : "", n].join(",")),
  );
  return `layer,from,to,before,after\n${rows.join("\n")}\n`;
}
