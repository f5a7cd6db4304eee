// Charts, drawn by Plotly in the page's own colours.

/** @typedef {{newPlot: Function, react: Function, purge: Function, Plots: {resize: Function}}} PlotlyScript */

/** The first stands for the page's accent, which is another by night. */
export const SERIES = ["accent", "#e08e0b", "#a8488f", "#6b9420", "#5470c6", "#c96a4f", "#2aa198", "#8d6e63", "#7e57c2", "#9e9d24", "#ec407a", "#546e7a"];

/** @type {Map<HTMLElement, {traces: object[], layout: Record<string, unknown>}>} */
const drawn = new Map();

/** @returns {PlotlyScript|null} */
function plotly() {
  return /** @type {{Plotly?: PlotlyScript}} */ (/** @type {unknown} */ (window)).Plotly ?? null;
}

/** @param {string} name @returns {string} */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Draw a chart, or draw it anew; before Plotly's script is there, it is remembered.
 * @param {HTMLElement} place
 * @param {object[]} traces
 * @param {Record<string, unknown>} layout */
export function chart(place, traces, layout) {
  drawn.set(place, { traces, layout });
  const script = plotly();
  if (script) show(script, place, traces, layout);
}

/** Draw every chart that is on the page, as after a change of colours. */
export function redraw() {
  const script = plotly();
  if (!script) return;
  for (const [place, { traces, layout }] of drawn) if (place.isConnected) show(script, place, traces, layout);
}

/** @param {PlotlyScript} script @param {HTMLElement} place @param {object[]} traces @param {Record<string, any>} layout */
function show(script, place, traces, layout) {
  const lines = { gridcolor: colour("faint"), zerolinecolor: colour("faint"), linecolor: colour("faint"), automargin: true, fixedrange: true, exponentformat: "power" };
  const whole = {
    margin: { l: 44, r: 8, t: layout["title"] ? 26 : 8, b: 34 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 11, color: colour("soft") },
    hoverlabel: { bgcolor: colour("panel"), bordercolor: colour("faint"), font: { color: colour("ink") } },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { size: 10.5 } },
    bargap: 0,
    ...layout,
    xaxis: { ...lines, ...(layout["xaxis"] ?? {}) },
    yaxis: { ...lines, ...(layout["yaxis"] ?? {}) },
  };
  script.react(place, traces.map(coloured), whole, { displayModeBar: false, responsive: true, displaylogo: false });
}

/** @param {any} trace @returns {object} */
function coloured(trace) {
  const shade = (/** @type {unknown} */ value) => (typeof value === "string" ? value.replace(/^accent/, colour("accent")) : value);
  const own = { ...trace };
  if (trace.fillcolor) own.fillcolor = shade(trace.fillcolor);
  for (const part of ["line", "marker"]) if (trace[part]?.color) own[part] = { ...trace[part], color: shade(trace[part].color) };
  return own;
}

/** Where a value of the horizontal axis is, in pixels from the chart's left edge, and the plot's top and height.
 * @param {HTMLElement} place
 * @param {number} value on a logarithmic axis
 * @returns {{x: number, top: number, height: number}|null} */
export function placeOf(place, value) {
  const layout = /** @type {any} */ (place)._fullLayout;
  if (!layout?.xaxis?.l2p) return null;
  const x = value > 0 ? layout.xaxis.l2p(Math.log10(value)) : 0;
  const size = layout._size;
  return { x: size.l + Math.min(Math.max(x, 0), size.w), top: size.t, height: size.h };
}
