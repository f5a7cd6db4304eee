// The page begins here: what is looked at, what is fetched for it, and who draws it.
import { redraw } from "./charts.js";
import { box, the } from "./dom.js";
import { openSource, say } from "./source.js";
import { changed, current, on, openImage, openMap, openWalk, setPixels, telling } from "./state.js";
import { startAsk } from "./view_ask.js";
import { startCrops } from "./view_crops.js";
import { startImage } from "./view_image.js";
import { keptLayers, startInside } from "./view_inside.js";
import { startMap } from "./view_map.js";
import { startMore } from "./view_more.js";
import { startPath } from "./view_path.js";
import { startSave } from "./view_save.js";
import { startTraining } from "./view_training.js";
import { startWeights } from "./view_weights.js";
/** @typedef {import("./state.js").State} State */

const THEMES = ["auto", "light", "dark"];
let aborter = new AbortController();

/** Show how much is done, or that nothing is being done.
 * @param {number|null} share */
function tell(share) {
  const bar = box("progress");
  bar.hidden = share === null;
  bar.setAttribute("aria-valuenow", String(Math.round(100 * (share ?? 0))));
  if (bar.firstElementChild instanceof HTMLElement) bar.firstElementChild.style.width = `${100 * (share ?? 0)}%`;
}

/** Look at an image: at once what is known, then its map and its path.
 * @param {State} state @param {number} at */
async function look(state, at) {
  state.at = at;
  box("nothing").hidden = true;
  for (const part of ["look", "inside", "crops"]) box(part).hidden = false;
  if (state.source.live) state.ask = { ...state.ask, target: null, versus: null };
  setPixels(state, await openImage(current(state).pixels));
  if (state.at !== at) return;
  changed("image", "map", "walk");
  await question(state);
}

/** The map and the path for the question that is asked; an earlier question is let go.
 * @param {State} state */
async function question(state) {
  aborter.abort();
  aborter = new AbortController();
  const { signal } = aborter;
  const { source, ask } = state;
  const { id } = current(state);
  const shares = [0, 0];
  const work = (/** @type {number} */ k) => ({
    signal,
    tell: (/** @type {number} */ share) => {
      shares[k] = share;
      if (!signal.aborted) tell((Number(shares[0]) + Number(shares[1])) / 2);
    },
  });
  if (source.live) tell(0);
  try {
    const finding = source.map(id, ask, work(0)).then(openMap).then((map) => {
      if (signal.aborted) return;
      state.map = map;
      state.scales.set(`${id}`, map.told.scale);
      changed("map");
    });
    const walking = source.walk(id, ask, work(1)).then(openWalk).then((walk) => {
      if (signal.aborted) return;
      const first = state.walk === null;
      state.walk = walk;
      if (first) state.step = telling(walk.told);
      state.step = Math.min(state.step, walk.told.alphas.length - 1);
      changed("walk");
    });
    await Promise.all([finding, walking]);
    if (!signal.aborted) say("");
  } catch (error) {
    if (!signal.aborted) say(error instanceof Error ? error.message : String(error), true);
  } finally {
    if (!signal.aborted) tell(null);
  }
}

/** Pictures that are dropped, pasted or picked.
 * @param {State} state @param {(at: number) => Promise<void>} show */
function additions(state, show) {
  const drop = box("drop");
  const add = async (/** @type {Iterable<File>} */ files) => {
    for (const file of files) {
      say(`Looking at ${file.name || "the picture"} …`);
      try {
        state.source.head.images.push(await state.source.upload(file, file.name || "pasted"));
        changed("images");
        await show(state.source.head.images.length - 1);
      } catch (error) {
        say(error instanceof Error ? error.message : String(error), true);
      }
    }
  };
  box("pick-label").hidden = false;
  const pick = the("pick", HTMLInputElement);
  pick.addEventListener("change", () => {
    void add([...(pick.files ?? [])]).then(() => (pick.value = ""));
  });
  document.addEventListener("paste", (event) => void add(event.clipboardData?.files ?? []));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.hidden = true;
    void add(event.dataTransfer?.files ?? []);
  });
}

/** Light, dark, or as the system has it. */
function themes() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = "auto";
  const apply = () => {
    document.documentElement.dataset["theme"] = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
    const words = `Colours: ${chosen === "auto" ? "as the system has them" : chosen}`;
    box("theme").setAttribute("aria-label", words);
    box("theme").title = words;
    box("theme").textContent = { auto: "◐", light: "☼", dark: "☾" }[chosen] ?? "◐";
    redraw();
    changed("theme");
  };
  box("theme").addEventListener("click", () => {
    chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length] ?? "auto";
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
}

async function begin() {
  themes();
  const source = await openSource();
  const { head } = source;
  box("lead").textContent = head.lead;
  const mode = box("mode");
  mode.textContent = source.live ? "live" : "frozen";
  mode.title = source.live ? "A network computes behind this page" : "All that was computed is in this file; nothing is fetched";
  mode.classList.toggle("live", source.live);
  /** @type {State} */
  const state = {
    source,
    at: 0,
    ask: { target: null, versus: null, baseline: "black", score: "logit" },
    pixels: { h: 1, w: 1, c: 1, values: new Float32Array(1) },
    grey: new Float32Array(1),
    map: null,
    walk: null,
    step: 0,
    layer: Math.max(0, head.network.layers.findIndex((layer) => layer.kind !== "input" && layer.kind !== "convolution" && layer.shape.length === 3)),
    scales: new Map(),
  };
  const show = (/** @type {number} */ at) => look(state, at);
  if (!source.live) await known(state);
  startImage(state, (at) => void show(at));
  startAsk(state);
  startPath(state);
  startMap(state);
  startInside(state);
  startCrops(state, tell);
  startWeights(state);
  startTraining(state);
  startMore(state);
  startSave(state, tell);
  if (source.live) additions(state, show);
  on(["ask"], () => void question(state));
  on(["theme"], () => changed("layer"));
  for (const part of ["look", "inside", "crops"]) box(part).hidden = !head.images.length;
  box("nothing").hidden = head.images.length > 0;
  if (head.images.length) await show(0);
  document.documentElement.dataset["ready"] = "true";
  performance.mark("ready");
}

/** A frozen page knows all its scales and layers from the beginning.
 * @param {State} state */
async function known(state) {
  const first = state.source.head.images[0];
  if (!first) return;
  for (const image of state.source.head.images) state.scales.set(`${image.id}`, (await state.source.map(image.id, state.ask, { signal: aborter.signal, tell })).scale);
  const layers = state.source.head.network.layers.map((layer) => layer.name);
  const found = await Promise.all(layers.map((name) => state.source.layer(first.id, name, aborter.signal)));
  keptLayers(new Set(layers.filter((_, i) => found[i])));
}

begin().catch((error) => say(`The page could not begin: ${error instanceof Error ? error.message : String(error)}`, true));
window.addEventListener("load", redraw);
