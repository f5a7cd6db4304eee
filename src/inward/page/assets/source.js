// Where everything comes from: the page itself, where it is frozen, or the server that gave it.
import { fill, box, make } from "./dom.js";
/** @typedef {import("./types.js").Ask} Ask */
/** @typedef {import("./types.js").Work} Work */
/** @typedef {import("./types.js").Looked} Looked */
/** @typedef {import("./types.js").Source} Source */

/** @returns {Promise<Source>} */
export async function openSource() {
  const head = document.getElementById("head");
  return head ? frozen(JSON.parse(head.textContent ?? "")) : live();
}

/** @param {import("./types.js").Head} head @returns {Source} */
function frozen(head) {
  /** @type {Map<number, Looked>} */
  const read = new Map();
  const looked = (/** @type {number} */ id) => {
    const before = read.get(id);
    if (before) return before;
    const made = /** @type {Looked} */ (JSON.parse(document.getElementById(`looked-${id}`)?.textContent ?? "null"));
    read.set(id, made);
    return made;
  };
  const never = () => Promise.reject(new Error("This page is frozen: it has no network behind it."));
  return {
    live: false,
    head,
    map: async (id) => looked(id).map,
    walk: async (id) => looked(id).walk,
    layer: async (id, name) => looked(id).layers[name] ?? null,
    crops: async (id) => looked(id).crops,
    crop: never,
    picture: async (id) => looked(id).image.pixels,
    upload: never,
    frozen: never,
  };
}

const TAB = Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, "0")).join("");

/** @returns {Promise<Source>} */
async function live() {
  const head = /** @type {import("./types.js").Head} */ (await json("api/report"));
  /** @type {Map<number, import("./types.js").Crop[]>} */
  const crops = new Map();
  return {
    live: true,
    head,
    map: (id, ask, work) => computed(`api/images/${id}/map?${asked(ask)}`, work),
    walk: (id, ask, work) => computed(`api/images/${id}/walk?${asked(ask)}`, work),
    layer: (id, name, signal) => json(`api/images/${id}/layers/${encodeURIComponent(name)}`, { signal }),
    crops: async (id) => crops.get(id) ?? [],
    crop: async (id, place, ask, work) => {
      const found = await computed(`api/images/${id}/crop?box=${place.join(",")}&${asked(ask)}`, work);
      crops.set(id, [...(crops.get(id) ?? []), found]);
      return found;
    },
    picture: (id, signal) => json(`api/images/${id}/picture`, { signal }),
    upload: (file, name) =>
      json(`api/images?name=${encodeURIComponent(name.slice(0, 200))}`, { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } }),
    frozen: async (ids, ask, work) => {
      const boxes = ids.flatMap((id) => (crops.get(id) ?? []).map((crop) => `${id}:${crop.box.join(",")}`));
      const { html } = await computed(`api/frozen?images=${ids.join(",")}&boxes=${boxes.join(";")}&${asked(ask)}`, work);
      return new Blob([html], { type: "text/html" });
    },
  };
}

/** @param {Ask} ask @returns {string} */
function asked(ask) {
  const query = new URLSearchParams({ baseline: ask.baseline, score: ask.score, client: TAB });
  if (ask.target !== null) query.set("target", String(ask.target));
  if (ask.versus !== null) query.set("versus", String(ask.versus));
  return query.toString();
}

/** @param {string} url @param {RequestInit} [options] @returns {Promise<any>} */
async function json(url, options = {}) {
  const answer = await fetch(url, { ...options, credentials: "same-origin" });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(wordsOf(body, answer.status));
  return body;
}

/** @param {any} body @param {number} status @returns {string} */
function wordsOf(body, status) {
  return typeof body?.detail === "string" ? body.detail : `The server answered ${status}.`;
}

/** A long computation: its progress comes as server-sent events, then its result.
 * @param {string} url
 * @param {Work} work
 * @returns {Promise<any>} */
async function computed(url, work) {
  const answer = await fetch(url, { signal: work.signal, credentials: "same-origin", headers: { accept: "text/event-stream" } });
  if (!answer.ok || !answer.body) throw new Error(wordsOf(await answer.json().catch(() => ({})), answer.status));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error("The server stopped before it had answered.");
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      const kind = /^event: (\w+)$/m.exec(event)?.[1];
      const data = JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "null");
      if (kind === "progress") work.tell(data.share);
      if (kind === "error") throw new Error(wordsOf(data, 400));
      if (kind === "result") return data;
    }
  }
}

/** Say what went wrong, or what is going on, where everyone can read it.
 * @param {string} words
 * @param {boolean} [bad] */
export function say(words, bad = false) {
  const place = box("status");
  place.classList.toggle("bad", bad);
  fill(place, bad && words ? make("span", {}, words) : words);
}
