// What was drawn already (the backward pass, rules, formation), and how all of it was made.
import { box, fill, make, table } from "./dom.js";
import { say } from "./source.js";
/** @typedef {import("./state.js").State} State */

/** @param {State} state */
export function startMore(state) {
  const { sections, settings, command } = state.source.head;
  fill(
    box("more"),
    ...sections.map((section) =>
      make(
        "details",
        { class: "panel", open: sections.length < 3 },
        make("summary", {}, section.title),
        ...section.text.map((line) => make("p", {}, line)),
        ...section.pictures.map((one) =>
          make("figure", {}, make("img", { src: one.source, alt: one.alt || one.caption || one.name, loading: "lazy" }), ...(one.caption ? [make("figcaption", {}, one.caption)] : [])),
        ),
        ...(section.table ? [make("div", { class: "table", tabindex: 0, role: "region", "aria-label": section.title }, table(section.table.columns, section.table.rows))] : []),
      ),
    ),
  );
  if (!sections.length) fill(box("more"));
  box("command-row").hidden = !command;
  box("command").textContent = command;
  box("copy").addEventListener("click", () => {
    navigator.clipboard?.writeText(command).then(
      () => say("Copied."),
      () => say("The browser does not let this page copy; select the command instead.", true),
    );
  });
  const rows = Object.entries(settings).map(([name, value]) => [name, words(value)]);
  fill(box("settings-table"), table(["setting", "value"], rows));
}

/** @param {unknown} value @returns {string} */
function words(value) {
  if (value && typeof value === "object") return Object.entries(value).map(([key, part]) => `${key} ${String(part)}`).join(", ");
  return String(value);
}
