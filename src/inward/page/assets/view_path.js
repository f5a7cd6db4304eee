// The path: a slider from the baseline to the image, and everything that changes on the way.
import { chart, placeOf, SERIES } from "./charts.js";
import { box, canvasOf, segments, the } from "./dom.js";
import { paintImage, paintSigned, paintStrength } from "./paint.js";
import { changed, on } from "./state.js";
import { className, descending, number, percent } from "./words.js";
/** @typedef {import("./state.js").State} State */

const PAUSE = 130;
const LINES = 12;
/** @type {[string, string][]} */
const KINDS = [["probabilities", "probabilities"], ["shares", "score made"], ["derivatives", "slope"], ["norms", "gradient"]];
let kind = "probabilities";
let timer = 0;

/** @param {State} state */
export function startPath(state) {
  const slider = the("alpha", HTMLInputElement);
  slider.addEventListener("input", () => go(state, Number(slider.value)));
  const play = box("play");
  play.addEventListener("click", () => (timer ? stop() : start(state)));
  segments(box("curve-kinds"), KINDS, kind, (value) => {
    kind = value;
    curves(state);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== document.body || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowRight") go(state, state.step + 1);
    else if (event.key === "ArrowLeft") go(state, state.step - 1);
    else if (event.key === " ") timer ? stop() : start(state);
    else return;
    event.preventDefault();
  });
  on(["walk"], () => {
    const walk = state.walk;
    slider.max = String(walk ? walk.told.alphas.length - 1 : 0);
    slider.disabled = !walk;
    box("path-from").textContent = walk ? `from ${walk.told.question.baseline} to the image` : "";
    if (walk) curves(state);
    else stop();
    show(state);
  });
  on(["step"], () => show(state));
  new ResizeObserver(() => requestAnimationFrame(() => mark(state))).observe(box("curves"));
}

/** @param {State} state @param {number} step */
export function go(state, step) {
  const last = (state.walk?.told.alphas.length ?? 1) - 1;
  state.step = Math.min(Math.max(step, 0), last);
  changed("step");
}

/** @param {State} state */
function start(state) {
  if (!state.walk) return;
  const last = state.walk.told.alphas.length - 1;
  if (state.step >= last) go(state, 0);
  pressed(true);
  timer = window.setInterval(() => {
    if (!state.walk || state.step >= last) stop();
    else go(state, state.step + 1);
  }, PAUSE);
}

function stop() {
  window.clearInterval(timer);
  timer = 0;
  pressed(false);
}

/** @param {boolean} playing */
function pressed(playing) {
  const play = box("play");
  play.setAttribute("aria-pressed", String(playing));
  play.setAttribute("aria-label", playing ? "Pause" : "Play the path");
  play.textContent = playing ? "❚❚" : "▶";
}

/** All that a step changes; nothing here waits.
 * @param {State} state */
function show(state) {
  const { pixels, grey, walk, step } = state;
  const [dimmed, strength, push] = [canvasOf("dimmed"), canvasOf("strength"), canvasOf("push")];
  if (!walk) {
    for (const canvas of [dimmed, strength, push]) paintImage(canvas, { ...pixels, values: new Float32Array(pixels.values.length) });
    box("alpha-says").textContent = "…";
    box("marker").style.display = "none";
    return;
  }
  const alpha = Number(walk.told.alphas[step]);
  paintImage(dimmed, pixels, walk.start, alpha);
  paintStrength(strength, pixels, /** @type {Float32Array} */ (walk.strengths[step]), Number(walk.tops[step]));
  paintSigned(push, pixels, grey, /** @type {Float32Array} */ (walk.pushes[step]), Number(walk.scales[step]));
  const probabilities = /** @type {Float32Array} */ (walk.probabilities[step]);
  let taken = 0;
  probabilities.forEach((p, k) => (taken = p > Number(probabilities[taken]) ? k : taken));
  const words = `${className(state.source.head.network.classes, taken)} ${percent(Number(probabilities[taken]))}`;
  const slider = the("alpha", HTMLInputElement);
  slider.value = String(step);
  slider.setAttribute("aria-valuetext", `alpha ${number(alpha)}, taken for ${words}`);
  box("alpha-says").textContent = `α ${number(alpha)}`;
  box("dimmed-says").textContent = words;
  mark(state);
}

/** @param {State} state */
function mark(state) {
  const marker = box("marker");
  const place = state.walk ? placeOf(box("curves"), Number(state.walk.told.alphas[state.step])) : null;
  marker.style.display = place ? "block" : "none";
  if (!place) return;
  marker.style.transform = `translateX(${place.x}px)`;
  marker.style.top = `${place.top}px`;
  marker.style.height = `${place.height}px`;
}

/** @param {State} state */
function curves(state) {
  const walk = state.walk;
  if (!walk) return;
  const place = box("curves");
  const { told } = walk;
  const x = told.alphas.filter((alpha) => alpha > 0);
  const skipped = told.alphas.length - x.length;
  const xaxis = { type: "log", title: { text: "α", standoff: 4 }, dtick: 1 };
  const names = state.source.head.network.classes;
  if (kind === "probabilities") {
    const most = Array.from(walk.probabilities[0] ?? [], (_, k) => Math.max(...walk.probabilities.map((row) => Number(row[k]))));
    const traces = descending(most)
      .slice(0, LINES)
      .map((k, i) => ({
        x,
        y: walk.probabilities.slice(skipped).map((row) => row[k]),
        name: className(names, k),
        mode: "lines",
        line: { color: SERIES[i % SERIES.length], width: k === told.question.target ? 3 : 1.4 },
        hovertemplate: `${className(names, k).replaceAll("<", "&lt;")} %{y:.1%}<extra>α %{x:.3g}</extra>`,
      }));
    chart(place, traces, { xaxis, yaxis: { range: [0, 1.02], tickformat: ".0%" }, ...legend(place) });
  } else {
    const y = { shares: told.shares, derivatives: told.derivatives, norms: told.norms }[kind] ?? [];
    const yaxis = { shares: { tickformat: ".0%" }, derivatives: { title: { text: "ds/dα" } }, norms: { title: { text: "|∂s/∂x|" }, type: "log" } }[kind] ?? {};
    chart(place, [{ x: told.curve_alphas, y, mode: "lines", line: { color: SERIES[0], width: 2 }, hovertemplate: "%{y:.3g}<extra>α %{x:.3g}</extra>" }], { xaxis, yaxis, showlegend: false });
  }
  listen(state, place);
  requestAnimationFrame(() => mark(state));
}

/** Names at the side where there is room, else below.
 * @param {HTMLElement} place @returns {object} */
function legend(place) {
  return place.clientWidth > 480
    ? { legend: { x: 1.01, y: 1, font: { size: 11 } } }
    : { legend: { orientation: "h", x: 0, y: -0.24, yanchor: "top", font: { size: 10.5 } } };
}

/** A click on the curves goes there; where they are drawn anew, the marker follows.
 * @param {State} state @param {HTMLElement} place */
function listen(state, place) {
  const emitter = /** @type {any} */ (place);
  for (const event of ["plotly_click", "plotly_afterplot"]) emitter.removeAllListeners?.(event);
  emitter.on?.("plotly_afterplot", () => mark(state));
  emitter.on?.("plotly_click", (/** @type {any} */ event) => {
    const at = Number(event.points?.[0]?.x);
    const alphas = state.walk?.told.alphas ?? [];
    go(state, alphas.reduce((best, alpha, i) => (Math.abs(alpha - at) < Math.abs(Number(alphas[best]) - at) ? i : best), 0));
  });
}
