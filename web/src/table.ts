/** The table twin: every figure of the map as text, sortable, and usable by keyboard. */
import { el } from "./dom";

export interface Column {
  key: string;
  title: string;
  numeric: boolean;
}

export interface Row {
  city: number;
  cells: { text: string; /** Sorts before text; NaN goes last. */ order: number | string; note?: string; /** Unverified or illustrative, in words. */ doubt?: string }[];
}

export interface TableScene {
  caption: string;
  /** Opens what the figures rest on. */
  evidence: HTMLElement | null;
  columns: Column[];
  rows: Row[];
  chosen: number | null;
  sortLabel(column: string): string;
}

export interface TableHandlers {
  hover(city: number | null): void;
  click(city: number): void;
}

export interface Sorting {
  column: number;
  down: boolean;
}

export class Table {
  readonly element = el("div", { class: "table-holder" });
  readonly #handlers: TableHandlers;
  #scene: TableScene | null = null;
  #sorting: Sorting = { column: 0, down: false };

  constructor(handlers: TableHandlers) {
    this.#handlers = handlers;
    this.element.addEventListener("keydown", (event) => this.#move(event));
  }

  draw(scene: TableScene): void {
    const focused = document.activeElement instanceof HTMLElement && this.element.contains(document.activeElement) ? document.activeElement.dataset["focus"] : undefined;
    this.#scene = scene;
    if (this.#sorting.column >= scene.columns.length) this.#sorting = { column: 0, down: false };
    const { column, down } = this.#sorting;
    const head = scene.columns.map((one, at) => {
      const state = at === column ? (down ? "descending" : "ascending") : "none";
      const arrow = el("span", { class: "arrow", "aria-hidden": "true" }, at === column ? (down ? "▾" : "▴") : "");
      const button = el("button", { type: "button", "data-focus": `head-${at}`, title: scene.sortLabel(one.title), onclick: () => this.#sort(at) }, one.title, arrow);
      return el("th", { scope: "col", "aria-sort": state, class: one.numeric ? "number" : "" }, button);
    });
    const body = sortRows(scene.rows, this.#sorting).map((row) => {
      const [first, ...rest] = row.cells;
      const button = el("button", { type: "button", "data-focus": `city-${row.city}`, "data-city": row.city, "aria-pressed": String(row.city === scene.chosen) }, first!.text);
      if (first!.note) button.append(" ", el("span", { class: "note" }, first!.note));
      return el(
        "tr",
        {
          class: row.city === scene.chosen ? "chosen" : "",
          "data-city": row.city,
          onclick: () => this.#handlers.click(row.city),
          onmouseenter: () => this.#handlers.hover(row.city),
          onmouseleave: () => this.#handlers.hover(null),
          onfocusin: () => this.#handlers.hover(row.city),
          onfocusout: () => this.#handlers.hover(null),
        },
        el("th", { scope: "row" }, button),
        ...rest.map((cell) => el("td", {}, cell.doubt ? el("span", { class: "doubtful", title: cell.doubt }, cell.text) : cell.text)),
      );
    });
    this.element.replaceChildren(
      el("table", {}, el("caption", {}, scene.caption, " ", scene.evidence), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body)),
    );
    if (focused) this.element.querySelector<HTMLElement>(`[data-focus="${focused}"]`)?.focus();
  }

  /** Mark the row of the city pointed at elsewhere. */
  preview(city: number | null): void {
    for (const row of this.element.querySelectorAll<HTMLElement>("tbody tr")) row.classList.toggle("hovered", row.dataset["city"] === String(city));
  }

  #sort(column: number): void {
    const again = this.#sorting.column === column;
    this.#sorting = { column, down: again ? !this.#sorting.down : false };
    if (this.#scene) this.draw(this.#scene);
  }

  #move(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const button = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>("button[data-city]") : null;
    if (!step || !button) return;
    const buttons = [...this.element.querySelectorAll<HTMLElement>("button[data-city]")];
    buttons[buttons.indexOf(button) + step]?.focus();
    event.preventDefault();
  }
}

/** Sort by one column; what has no value stays last in both directions, and ties keep their order. */
export function sortRows(rows: Row[], { column, down }: Sorting): Row[] {
  const missing = (value: number | string) => typeof value === "number" && Number.isNaN(value);
  return [...rows].sort((left, right) => {
    const [a, b] = [left.cells[column]!.order, right.cells[column]!.order];
    if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
    const order = typeof a === "string" && typeof b === "string" ? a.localeCompare(b, "zh-CN-u-co-pinyin") : Math.sign(Number(a) - Number(b)) || 0;
    return down ? -order : order;
  });
}
