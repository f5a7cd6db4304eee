// The question: why this class, rather than which, from what baseline.
import { box, fill, make } from "./dom.js";
import { changed, current, on } from "./state.js";
import { className, descending } from "./words.js";
/** @typedef {import("./state.js").State} State */

const BASELINES = [["black", "black"], ["white", "white"], ["grey", "grey"], ["blur", "the image blurred"]];
const SCORES = [["logit", "logit"], ["probability", "probability"], ["log_probability", "log-probability"], ["sigmoid", "sigmoid"]];

/** @param {State} state */
export function startAsk(state) {
  on(["image", "ask", "map"], () => (state.source.live ? form(state) : sentence(state)));
}

/** @param {State} state */
function sentence(state) {
  const asked = state.map?.told;
  const where = box("ask");
  if (!asked) return fill(where);
  fill(
    where,
    make("span", {}, "The question: ", make("b", {}, asked.why), `, on the path from ${asked.question.baseline} to the image, by its ${asked.question.score.replace("_", "-")}.`),
    make("span", { class: "soft" }, "Another class, crop or picture: open the network with inward serve."),
  );
}

/** @param {State} state */
function form(state) {
  const { classes, count } = state.source.head.network;
  const image = current(state);
  const order = descending(image.probabilities);
  const predicted = Number(order[0]);
  const target = state.ask.target ?? predicted;
  const known = Array.from({ length: count }, (_, k) => k);
  const names = (/** @type {number[]} */ ks) => ks.map((k) => /** @type {[string, string]} */ ([String(k), className(classes, k)]));
  const set = (/** @type {Partial<import("./types.js").Ask>} */ part) => {
    state.ask = { ...state.ask, ...part };
    changed("ask");
  };
  const held = document.activeElement?.id;
  fill(
    box("ask"),
    choice("target", "Why", names(known), String(target), (value) => set({ target: Number(value), versus: state.ask.versus === Number(value) ? null : state.ask.versus })),
    choice("versus", "rather than", [["", "anything else"], ...names(known.filter((k) => k !== target))], state.ask.versus === null ? "" : String(state.ask.versus), (value) =>
      set({ target, versus: value === "" ? null : Number(value) }),
    ),
    choice("baseline", "from", BASELINES, state.ask.baseline, (value) => set({ baseline: value })),
    choice("score", "by its", SCORES, state.ask.score, (value) => set({ score: value })),
  );
  if (held) document.getElementById(held)?.focus();
}

/** @param {string} id @param {string} words @param {string[][]} options @param {string} chosen @param {(value: string) => void} choose */
function choice(id, words, options, chosen, choose) {
  const list = make("select", { id: `ask-${id}` }, ...options.map(([value = "", name = ""]) => make("option", { value, selected: value === chosen }, name)));
  list.addEventListener("change", () => choose(list.value));
  return make("label", {}, words, list);
}
