// Elements, made and found. Text only ever enters the page as text.

/** The element of an id that the page must have.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T} */
export function the(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`no ${kind.name} #${id}`);
  return found;
}

/** @param {string} id @returns {HTMLElement} */
export function box(id) {
  return the(id, HTMLElement);
}

/** @param {string} id @returns {HTMLCanvasElement} */
export function canvasOf(id) {
  return the(id, HTMLCanvasElement);
}

/** Make an element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string|boolean|number>} [attributes]
 * @param {(Node|string)[]} children
 * @returns {HTMLElementTagNameMap[K]} */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** Put children in place of what is there.
 * @param {HTMLElement} parent
 * @param {(Node|string)[]} children */
export function fill(parent, ...children) {
  parent.replaceChildren(...children);
}

/** Buttons of which one is pressed.
 * @param {HTMLElement} group
 * @param {[string, string][]} choices value and words
 * @param {string} chosen
 * @param {(value: string) => void} choose */
export function segments(group, choices, chosen, choose) {
  const buttons = choices.map(([value, words]) => {
    const button = make("button", { type: "button", "aria-pressed": String(value === chosen), "data-value": value }, words);
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      choose(value);
    });
    return button;
  });
  fill(group, ...buttons);
}

/** A row of options of which one is selected: arrow keys move, the rest of the page is one Tab away.
 * @param {HTMLElement} row
 * @param {HTMLElement[]} options
 * @param {(index: number) => void} choose */
export function listbox(row, options, choose) {
  options.forEach((option, index) => {
    option.addEventListener("click", () => choose(index));
    option.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const to = event.key === "Home" ? 0 : event.key === "End" ? options.length - 1 : step ? index + step : -1;
      if (event.key === "Enter" || event.key === " ") choose(index);
      else if (to < 0 || to >= options.length) return;
      else {
        choose(to);
        options[to]?.focus();
      }
      event.preventDefault();
      event.stopPropagation();
    });
  });
  fill(row, ...options);
}

/** Mark one option of a listbox as selected.
 * @param {HTMLElement} row
 * @param {number} index */
export function select(row, index) {
  [...row.children].forEach((option, i) => {
    option.setAttribute("aria-selected", String(i === index));
    option.setAttribute("tabindex", i === index ? "0" : "-1");
    if (i === index && option instanceof HTMLElement) {
      const left = option.offsetLeft - row.offsetLeft;
      if (left < row.scrollLeft) row.scrollLeft = left - 8;
      if (left + option.offsetWidth > row.scrollLeft + row.clientWidth) row.scrollLeft = left + option.offsetWidth - row.clientWidth + 8;
    }
  });
}

/** A table; a column of numbers is set to the right, a last column of words may break.
 * @param {string[]} columns
 * @param {string[][]} rows
 * @returns {HTMLTableElement} */
export function table(columns, rows) {
  const numeric = columns.map((_, k) => {
    const filled = rows.map((row) => row[k] ?? "").filter(Boolean);
    return filled.length > 0 && filled.every((cell) => /^[<>]?[+\-−±]?(\d[\d,]*(\.\d+)?(e[+-]?\d+)?)( ?%)?$/.test(cell));
  });
  const cells = (/** @type {"th"|"td"} */ tag, /** @type {string[]} */ row) =>
    make(
      "tr",
      {},
      ...row.map((cell, k) => make(tag, numeric[k] ? { class: "number" } : k && k === row.length - 1 ? { class: "words" } : {}, cell)),
    );
  return make("table", {}, make("thead", {}, cells("th", columns)), make("tbody", {}, ...rows.map((row) => cells("td", row))));
}
