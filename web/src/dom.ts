/** Elements without markup strings: text is always text. */

type Child = Node | string | null;
type Attributes = Record<string, string | number | boolean | null | ((event: Event) => void)>;

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child): child is Node | string => child !== null));
  return made;
}

export function svg(tag: string, attributes: Record<string, string | number>, ...children: Node[]): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** Hatches for what has no value, the same on map, matrix and legend: ids hatch, dots, plus, minus, reach-plus, reach-minus. */
export function patterns(plus: string, minus: string): SVGElement {
  const stroke = (d: string, colour: string, width = 1) => svg("path", { d, stroke: colour, "stroke-width": width, fill: "none" });
  const pattern = (id: string, ground: string, ...marks: Node[]) =>
    svg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, svg("rect", { width: 6, height: 6, fill: ground }), ...marks);
  return svg(
    "defs",
    {},
    pattern("hatch", "#fbfaf7", stroke("M-1 1L1 -1M0 6L6 0M5 7L7 5", "#7b8794", 1.2)),
    pattern("dots", "#f4f1ea", svg("circle", { cx: 3, cy: 3, r: 0.9, fill: "#7b8794" })),
    pattern("reach-plus", "#f3bfae", stroke("M3 1V5M1 3H5", "#a3201f", 1.2)),
    pattern("reach-minus", "#b5d0e8", stroke("M1 3H5", "#1f5c9e", 1.2)),
    pattern("plus", plus, stroke("M3 1V5M1 3H5", "#ffffff", 1.2)),
    pattern("minus", minus, stroke("M1 3H5", "#ffffff", 1.2)),
  );
}
