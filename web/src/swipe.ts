/** Two maps in step, one cut at a line that can be dragged or moved with the arrow keys. */
import { el } from "./dom";
import type { AtlasMap } from "./map";

const STEP = 2;

export class Swipe {
  readonly element = el("div", { class: "swipe" });
  readonly handle: HTMLElement;
  readonly #before = el("span", { class: "swipe-name before" });
  readonly #after = el("span", { class: "swipe-name after" });
  readonly #left: HTMLElement;
  readonly #moved: (position: number) => void;
  #position = 50;
  #syncing = false;

  /** `left` is the box of the map of before, which lies over the other; `moved` is told where the line was left. */
  constructor(left: HTMLElement, moved: (position: number) => void) {
    this.#left = left;
    this.#moved = moved;
    this.handle = el("div", {
      class: "swipe-handle",
      role: "slider",
      tabindex: "0",
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      "aria-orientation": "horizontal",
      onkeydown: (event) => this.#key(event as KeyboardEvent),
      onpointerdown: (event) => this.#grab(event as PointerEvent),
    }, el("span", { "aria-hidden": "true" }, "◂▸"));
    this.element.append(this.#before, this.#after, this.handle);
  }

  draw(position: number, label: string, before: string, after: string): void {
    this.#place(position);
    this.handle.setAttribute("aria-label", label);
    this.#before.textContent = before;
    this.#after.textContent = after;
  }

  /** Keep two maps at the same view, whichever of them is moved. */
  join(first: AtlasMap, second: AtlasMap): void {
    for (const [from, to] of [[first, second], [second, first]] as const) {
      from.libre.on("move", () => {
        if (this.#syncing) return;
        this.#syncing = true;
        to.libre.jumpTo({ center: from.libre.getCenter(), zoom: from.libre.getZoom() });
        this.#syncing = false;
      });
    }
  }

  #place(position: number): void {
    this.#position = Math.round(Math.max(0, Math.min(100, position)));
    this.#left.style.clipPath = `inset(0 ${100 - this.#position}% 0 0)`;
    this.handle.style.left = `${this.#position}%`;
    this.element.style.setProperty("--at", `${this.#position}%`);
    this.handle.setAttribute("aria-valuenow", String(this.#position));
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -10, PageUp: 10 }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? 100 : step === undefined ? null : this.#position + step;
    if (to === null) return;
    event.preventDefault();
    this.#place(to);
    this.#moved(this.#position);
  }

  #grab(event: PointerEvent): void {
    event.preventDefault();
    this.handle.focus();
    this.handle.setPointerCapture(event.pointerId);
    const box = this.element.getBoundingClientRect();
    const drag = (move: PointerEvent) => this.#place(((move.clientX - box.left) / box.width) * 100);
    const stop = () => {
      this.handle.removeEventListener("pointermove", drag);
      this.#moved(this.#position);
    };
    this.handle.addEventListener("pointermove", drag);
    this.handle.addEventListener("pointerup", stop, { once: true });
    this.handle.addEventListener("pointercancel", stop, { once: true });
  }
}
