// Training: accuracy and cost by epoch.
import { chart, SERIES } from "./charts.js";
import { box, fill, make } from "./dom.js";
/** @typedef {import("./state.js").State} State */

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
  const line = (/** @type {string} */ column, /** @type {string} */ name, /** @type {number} */ k) => ({
    x: epochs, y: training[column], name, mode: "lines+markers", marker: { size: 4 }, line: { color: SERIES[k], width: 1.8 },
  });
  const xaxis = { title: { text: "epoch", standoff: 4 } };
  chart(box("accuracy"), [line("train_accuracy", "training images, augmented", 1), line("test_accuracy", "test images", 0)], { xaxis, yaxis: { title: { text: "accuracy" }, tickformat: ".0%" } });
  chart(box("cost"), [line("train_cost", "training images, augmented", 1), line("test_cost", "test images", 0)], { xaxis, yaxis: { title: { text: "cost, nats" }, rangemode: "tozero" } });
}
