/** The matrix of all pairs as a heat map: small in the panel, with all names when enlarged. */
import * as Plot from "@observablehq/plot";
import { el, patterns, svg } from "./dom";
import type { Ground } from "./map_features";

export interface MatrixScene {
  order: number[];
  names: string[];
  ground(from: number, to: number): Ground;
  /** Names on every row and column; otherwise only of what is chosen or pointed at. */
  full: boolean;
  width: number;
  label: string;
  signs: { plus: string; minus: string };
}

export interface MatrixHandlers {
  hover(from: number | null, to: number | null, x: number, y: number): void;
  click(from: number, to: number): void;
}

export class Matrix {
  readonly element = el("div", { class: "matrix" });
  readonly #handlers: MatrixHandlers;
  #scene: MatrixScene | null = null;
  #left = 0;
  #top = 0;
  #step = 1;
  #marks: SVGElement | null = null;

  constructor(handlers: MatrixHandlers) {
    this.#handlers = handlers;
    const at = (event: MouseEvent): [number, number] | null => this.#pairAt(event);
    this.element.addEventListener("pointermove", (event) => {
      const pair = at(event);
      this.#handlers.hover(pair?.[0] ?? null, pair?.[1] ?? null, event.clientX, event.clientY);
    });
    this.element.addEventListener("pointerleave", () => this.#handlers.hover(null, null, 0, 0));
    this.element.addEventListener("click", (event) => {
      const pair = at(event);
      if (pair) this.#handlers.click(...pair);
    });
  }

  draw(scene: MatrixScene): void {
    this.#scene = scene;
    const n = scene.order.length;
    const margin = scene.full ? 92 : 4;
    this.#step = (scene.width - margin - 4) / n;
    this.#left = this.#top = margin;
    const cells = scene.order.flatMap((from) => scene.order.map((to) => ({ from, to, fill: fillOf(scene.ground(from, to)) })));
    const axis = { domain: scene.order, padding: 0, round: false, tickFormat: (at: number) => scene.names[at] ?? "", tickSize: 0, label: null };
    const plot = Plot.plot({
      width: scene.width,
      height: scene.width,
      marginLeft: margin,
      marginTop: margin,
      marginRight: 4,
      marginBottom: 4,
      style: { fontSize: "11px", overflow: "visible" },
      x: { ...axis, axis: scene.full ? "top" : null, tickRotate: -90 },
      y: { ...axis, axis: scene.full ? "left" : null },
      color: { type: "identity" },
      ariaLabel: scene.label,
      marks: [Plot.cell(cells, { x: "to", y: "from", fill: "fill", inset: 0.25 })],
    });
    plot.setAttribute("role", "img");
    plot.prepend(patterns(scene.signs.plus, scene.signs.minus));
    this.#marks = svg("g", { fill: "none", stroke: "#1f2933", "pointer-events": "none" });
    plot.append(this.#marks);
    this.element.replaceChildren(plot);
  }

  /** Frame the row of the origin, the column of the destination, and the pair pointed at. */
  mark(city: number | null, to: number | null, hovered: [number | null, number | null]): void {
    const scene = this.#scene;
    if (!scene || !this.#marks) return;
    const place = (at: number) => scene.order.indexOf(at) * this.#step;
    const long = scene.order.length * this.#step;
    const shapes: SVGElement[] = [];
    const row = (at: number, width: number) => svg("rect", { x: this.#left, y: this.#top + place(at), width: long, height: this.#step, "stroke-width": width });
    const column = (at: number, width: number) => svg("rect", { x: this.#left + place(at), y: this.#top, width: this.#step, height: long, "stroke-width": width });
    if (city !== null) shapes.push(row(city, 1.8));
    if (to !== null) shapes.push(column(to, 1.2));
    const [from, there] = hovered;
    if (from !== null) shapes.push(row(from, 0.8));
    if (there !== null) shapes.push(column(there, 0.8));
    this.#marks.replaceChildren(...shapes);
  }

  #pairAt(event: MouseEvent): [number, number] | null {
    const scene = this.#scene;
    const plot = this.element.querySelector("svg");
    if (!scene || !plot) return null;
    const box = plot.getBoundingClientRect();
    const zoom = box.width / scene.width;
    const column = Math.floor(((event.clientX - box.left) / zoom - this.#left) / this.#step);
    const row = Math.floor(((event.clientY - box.top) / zoom - this.#top) / this.#step);
    const [from, to] = [scene.order[row], scene.order[column]];
    return from === undefined || to === undefined || row < 0 || column < 0 ? null : [from, to];
  }
}

function fillOf(ground: Ground): string {
  return ground.pattern ? `url(#${ground.pattern})` : ground.fill;
}
