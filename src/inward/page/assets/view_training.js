// Training: accuracy and cost by epoch.
import { chart, SERIES } from "./charts.js";
import { box, fill, make } from "./dom.js";
/** @typedef {import("./state.js").State} State */

const PARTS = [{ part: "test", name: "test images" }, { part: "train", name: "training images" }];

/** @param {State} state */
export function startTraining(state) {
  const { training } = state.source.head;
  const epochs = training["epoch"] ?? [];
  if (!epochs.length) {
    fill(box("training-charts"), make("p", { class: "empty" }, "How this network was trained is not known: its files hold no history."));
    return;
  }
  const last = training["test_accuracy"]?.at(-1);
  box("training-says").textContent = `${epochs.length} epochs${typeof last === "number" ? `, ${(100 * last).toFixed(2)} % of the test images right at the end` : ""}`;
  const lines = (/** @type {string} */ quantity) => PARTS.flatMap(({ part, name }, k) => {
    const y = training[`${part}_${quantity}`];
    return y ? [{ x: epochs, y, name, mode: "lines+markers", marker: { size: 4 }, line: { color: SERIES[k], width: 1.8 }, connectgaps: true }] : [];
  });
  const xaxis = { title: { text: "epoch", standoff: 4 } };
  chart(box("accuracy"), lines("accuracy"), { xaxis, yaxis: { title: { text: "accuracy" }, tickformat: ".0%" } });
  chart(box("cost"), lines("cost"), { xaxis, yaxis: { title: { text: "cost, nats" }, rangemode: "tozero" } });
}
