/** What is on the screen as files: the table as CSV, the map as PNG, the chart as SVG, and what it all rests on as JSON. */
import { guard, writeCsv } from "./csv";

export interface ExportTable {
  columns: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
}

/** Formula, sources, vintage and versions of what is shown. */
export interface Metadata {
  title: string;
  measure: string;
  unit: string;
  state: string;
  formula: string;
  sources: { title: string; publisher: string | null; reprinted_by: string | null; published: string | null; year: string | null; vintage: string | null; url: string | null; licence: string | null; status: string | null }[];
  region: { name: string; version: string };
  software: string;
  /** Hash of the view: added to the page's address it opens the same. */
  view: string;
  settings: Record<string, unknown>;
}

/** The table that is shown; texts that a spreadsheet would take for a formula are guarded. */
export function tableCsv({ columns, rows }: ExportTable): string {
  return writeCsv([columns, ...rows.map((row) => row.map((cell) => (typeof cell === "string" ? guard(cell) : Number.isNaN(cell) ? null : cell === Infinity ? "inf" : cell)))]);
}

export function metadataJson(about: Metadata, now: Date): string {
  return `${JSON.stringify({ kind: "megaregion view", ...about, exported: now.toISOString() }, null, 1)}\n`;
}

/** A name that every file system takes: letters and digits of any language, else hyphens. */
export function fileName(...parts: string[]): string {
  return parts
    .join("-")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 100);
}

// ---- chart

const INHERITED = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline", "visibility", "display"];

/** A chart of the page as a file of its own: styles of the page written out, hatches taken along, no script. */
export function chartSvg(chart: SVGSVGElement): string {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const [from, to] = [[chart, ...chart.querySelectorAll<SVGElement>("*")], [copy, ...copy.querySelectorAll<SVGElement>("*")]];
  from.forEach((one, at) => {
    const shown = getComputedStyle(one);
    // a chart of ten thousand cells would swell; only what differs from the element around it is written
    const around = one === chart ? null : getComputedStyle(one.parentElement!);
    for (const name of INHERITED) {
      const value = shown.getPropertyValue(name);
      if (value && (!around || around.getPropertyValue(name) !== value)) to[at]!.style.setProperty(name, value);
    }
  });
  const used = new Set([...copy.outerHTML.matchAll(/url\((?:&quot;|["'])?#([\w-]+)/g)].map((found) => found[1]!));
  const own = [...used].filter((id) => !copy.querySelector(`#${CSS.escape(id)}`)).map((id) => document.getElementById(id)?.cloneNode(true));
  const definitions = document.createElementNS("http://www.w3.org/2000/svg", "defs");
  definitions.append(...own.filter((one): one is Node => one !== undefined));
  if (definitions.childNodes.length) copy.prepend(definitions);
  copy.querySelectorAll("script, foreignObject").forEach((one) => one.remove());
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.removeAttribute("class");
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

// ---- map

export interface LegendItem {
  /** A colour, or the id of a hatch of the page. */
  fill: string | null;
  pattern: "" | "hatch" | "dots" | "plus" | "minus" | "reach-plus" | "reach-minus";
  line: { colour: string; width: number; dash: number[] } | null;
  circle: { fill: string; stroke: string } | null;
  text: string;
  /** Stands over the items that follow. */
  heading: boolean;
}

/** Classes as the legend of the page shows them: a swatch (rect or line) and words in each item, under their headings. */
export function legendItems(legend: Element): LegendItem[] {
  return [...legend.querySelectorAll("h3, ul.classes > li")].map((item) => {
    const fill = item.querySelector("svg rect")?.getAttribute("fill") ?? null;
    const pattern = /url\(#([\w-]+)\)/.exec(fill ?? "")?.[1] ?? "";
    const line = item.querySelector("svg line, svg path");
    const circle = item.querySelector("svg circle");
    return {
      fill: pattern ? null : fill,
      pattern: pattern as LegendItem["pattern"],
      line: !fill && line ? { colour: line.getAttribute("stroke") ?? "#1f2933", width: Number(line.getAttribute("stroke-width") ?? 1), dash: (line.getAttribute("stroke-dasharray") ?? "").split(/[\s,]+/).filter(Boolean).map(Number) } : null,
      circle: circle ? { fill: circle.getAttribute("fill") ?? INK, stroke: circle.getAttribute("stroke") ?? INK } : null,
      text: plainText(item),
      heading: item.tagName === "H3",
    };
  });
}

/** Words of an element without those of its buttons. */
export function plainText(element: Element | null): string {
  const copy = element?.cloneNode(true) as Element | undefined;
  copy?.querySelectorAll("button").forEach((button) => button.remove());
  return (copy?.textContent ?? "").replace(/\s+/g, " ").trim();
}

export interface MapPicture {
  /** The map's canvas, drawn with `preserveDrawingBuffer`. */
  canvas: HTMLCanvasElement;
  /** Its width on the screen, px: letters are sized by it. */
  width: number;
  title: string;
  subtitle: string;
  legendTitle: string;
  legend: readonly LegendItem[];
  /** What lies over the map on the page: px on the screen from its upper left corner. */
  marks: readonly { x: number; y: number; fill: string }[];
  /** Sources, licences and the version of the region. */
  credit: string;
}

export const FONT = '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "Noto Sans", system-ui, sans-serif';
const [INK, SOFT, PAPER, SHORE] = ["#1f2933", "#52606d", "#fbfaf7", "#b7c4cc"];

/** Map with title, legend and sources on one sheet. */
export async function mapPng(picture: MapPicture): Promise<Blob> {
  const sheet = drawSheet(picture);
  return new Promise((resolve, reject) => {
    sheet.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser made no picture; it may be too large"))), "image/png");
  });
}

function drawSheet({ canvas, width, title, subtitle, legendTitle, legend, marks, credit }: MapPicture): HTMLCanvasElement {
  const scale = canvas.width / width;
  const height = canvas.height / scale;
  const sheet = document.createElement("canvas");
  const pen = sheet.getContext("2d");
  if (!pen) throw new Error("the browser gives no canvas to draw on");
  const font = (size: number, weight = 400) => `${weight} ${size}px ${FONT}`;
  const margin = 16;
  pen.font = font(20, 600);
  const titles = wrap(pen, title, width - 2 * margin);
  pen.font = font(13);
  const subtitles = wrap(pen, subtitle, width - 2 * margin);
  pen.font = font(11);
  const credits = wrap(pen, credit, width - 2 * margin);
  const head = 12 + titles.length * 26 + subtitles.length * 18 + 8;
  // a box over the map hides it where it is narrow
  const beside = width >= 600;
  pen.font = font(12);
  const boxWidth = beside ? 250 : width;
  const items = legend.map((item) => ({ item, lines: wrap(pen, item.text, boxWidth - 66) }));
  const boxHeight = legend.length ? 34 + items.reduce((sum, { lines }) => sum + lines.length * 17, 0) : 0;
  const foot = (beside ? 0 : boxHeight) + credits.length * 15 + 16;
  sheet.width = Math.round(width * scale);
  sheet.height = Math.round((head + height + foot) * scale);
  pen.scale(scale, scale);
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, width, head + height + foot);
  pen.drawImage(canvas, 0, head, width, height);
  for (const { x, y, fill } of marks) dot(pen, x, head + y, 9, fill, "#ffffff");
  pen.textBaseline = "top";
  const write = (lines: readonly string[], x: number, y: number, step: number) => lines.forEach((line, at) => pen.fillText(line, x, y + at * step));
  pen.fillStyle = INK;
  pen.font = font(20, 600);
  write(titles, margin, 12, 26);
  pen.fillStyle = SOFT;
  pen.font = font(13);
  write(subtitles, margin, 12 + titles.length * 26, 18);
  if (legend.length) {
    const [left, top] = beside ? [12, head + height - boxHeight - 12] : [0, head + height];
    pen.fillStyle = PAPER;
    pen.fillRect(left, top, boxWidth, boxHeight);
    if (beside) {
      pen.strokeStyle = SHORE;
      pen.lineWidth = 1;
      pen.strokeRect(left + 0.5, top + 0.5, boxWidth - 1, boxHeight - 1);
    }
    pen.fillStyle = INK;
    pen.font = font(13, 600);
    pen.fillText(legendTitle, left + 14, top + 8, boxWidth - 28);
    let y = top + 28;
    for (const { item, lines } of items) {
      if (!item.heading) swatch(pen, item, left + 14, y + 2);
      pen.fillStyle = INK;
      pen.font = font(12, item.heading ? 600 : 400);
      write(lines, left + (item.heading ? 14 : 52), y, 17);
      y += lines.length * 17;
    }
  }
  pen.fillStyle = SOFT;
  pen.font = font(11);
  write(credits, margin, head + height + foot - credits.length * 15 - 8, 15);
  return sheet;
}

/** Break text where the line is full: between words, and between any two Chinese characters. */
export function wrap(pen: Pick<CanvasRenderingContext2D, "measureText">, text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/[\p{Script=Han}\u3000-\u303f\uff00-\uffef]|[^\s\p{Script=Han}\u3000-\u303f\uff00-\uffef]+\s*|\s+/gu) ?? []) {
    if (line.trim() && pen.measureText((line + word).trimEnd()).width > width) {
      lines.push(line.trimEnd());
      line = word.trimStart();
    } else line += word;
  }
  return line.trim() ? [...lines, line.trimEnd()] : lines;
}

function dot(pen: CanvasRenderingContext2D, x: number, y: number, radius: number, fill: string, stroke: string): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.strokeStyle = stroke;
  pen.lineWidth = radius > 6 ? 3 : 1.5;
  pen.fill();
  pen.stroke();
}

function swatch(pen: CanvasRenderingContext2D, { fill, pattern, line, circle }: LegendItem, x: number, y: number): void {
  if (circle) {
    dot(pen, x + 14, y + 6, 5, circle.fill, circle.stroke);
    return;
  }
  // a sign stands in the words
  if (!fill && !pattern && !line) return;
  pen.save();
  if (line) {
    pen.strokeStyle = line.colour;
    pen.lineWidth = line.width;
    pen.setLineDash(line.dash);
    pen.beginPath();
    pen.moveTo(x, y + 6);
    pen.lineTo(x + 28, y + 6);
    pen.stroke();
    pen.restore();
    return;
  }
  pen.beginPath();
  pen.rect(x, y, 28, 12);
  pen.fillStyle = fill ?? { hatch: PAPER, dots: "#f4f1ea", plus: "#2166ac", minus: "#b2182b", "reach-plus": "#f3bfae", "reach-minus": "#b5d0e8", "": PAPER }[pattern];
  pen.fill();
  pen.save();
  pen.clip();
  pen.strokeStyle = { hatch: "#7b8794", dots: "#7b8794", plus: "#ffffff", minus: "#ffffff", "reach-plus": "#a3201f", "reach-minus": "#1f5c9e", "": PAPER }[pattern];
  pen.lineWidth = 1.2;
  for (let at = -12; pattern && at < 28; at += 6) {
    pen.beginPath();
    if (pattern === "hatch") {
      pen.moveTo(x + at, y + 12);
      pen.lineTo(x + at + 12, y);
    } else if (pattern === "dots") pen.arc(x + at + 3, y + 6, 0.9, 0, 2 * Math.PI);
    else {
      pen.moveTo(x + at + 1, y + 6);
      pen.lineTo(x + at + 5, y + 6);
      if (pattern.endsWith("plus")) {
        pen.moveTo(x + at + 3, y + 4);
        pen.lineTo(x + at + 3, y + 8);
      }
    }
    pen.stroke();
  }
  pen.restore();
  pen.strokeStyle = "#7b8794";
  pen.lineWidth = 0.6;
  pen.strokeRect(x, y, 28, 12);
  pen.restore();
}
