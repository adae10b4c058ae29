/** A page with the tools alone, for tests in a browser: a map of two colours, a legend, a chart, two cities. */
import "../src/style.css";
import { copyAs } from "../src/copy_as";
import { el, patterns, svg } from "../src/dom";
import { Isochrones, type IsochroneFigures, type StationTimes } from "../src/isochrone";
import { Land } from "../src/land";
import { areaKm2 } from "../src/contour";
import { SearchBox, SearchIndex, type Found } from "../src/search";
import type { Lang } from "../src/state";
import { Tools } from "../src/tools";
import { atlas } from "./fixture";

const cities = atlas.cities.map((city, at) => ({ ...city, lon: 120 + at, lat: 30 + at, ...(at ? {} : { name: "上海市", name_en: "Shanghai" }) }));
const stations: (typeof atlas)["stations"] = [["上海虹桥", "Shanghai Hongqiao", 121.32, 31.19, 0]];
const index = new SearchIndex({ ...atlas, cities, stations }, { cities: [["shanghai", "sh"], ["", ""], ["", ""]], stations: [["shanghaihongqiao", "shhq"]] });

const canvas = el("canvas", { width: 1200, height: 600 });
canvas.style.width = "600px";
const pen = canvas.getContext("2d")!;
pen.fillStyle = "#cfe3ee";
pen.fillRect(0, 0, 1200, 600);
pen.fillStyle = "#0b6e6e";
pen.fillRect(300, 100, 600, 400);
const swatch = (fill: string) => svg("svg", { width: 22, height: 12 }, svg("rect", { width: 21, height: 11, fill }));
const legend = el("section", {}, el("h2", {}, "min", el("button", {}, "ⓘ")), el("h3", {}, "Time"), el("ul", { class: "classes" }, el("li", {}, swatch("#002051"), "≤ 60"), el("li", {}, swatch("url(#hatch)"), "没有数据 no data")));
const chart = svg("svg", { width: 100, height: 40, viewBox: "0 0 100 40" }, svg("rect", { width: 100, height: 40, fill: "url(#hatch)" }), svg("text", { x: 4, y: 20 })) as SVGSVGElement;
chart.querySelector("text")!.textContent = "45 min 分钟";

const log: unknown[] = [];
let lang: Lang = "en";
const root = el("div", { id: "parts" });
const about = {
  title: "Fastest direct train 最快直达列车",
  measure: "fastest_train",
  unit: "s",
  state: "2019",
  formula: "least of the day",
  sources: [],
  region: { name: "test", version: "1" },
  software: "megaregion 0.1.0",
  view: "#q=everywhere",
  settings: {},
};
const search = new SearchBox(index, (found: Found) => log.push([found.kind, found.name]));
const tools = new Tools(
  {
    region: "test",
    evidence: () => null,
    copied: () => copyAs({ kind: "isochrone", lon: 121, lat: 31, cutoffs_min: [60], percentile: 50, window_s: [21600, 79200], state: { year: 2019 }, before: null }, { shipped: "yrd", opens: "yrd", version: "example yrd", software: "megaregion 0.1.0" }),
    exported: () => ({ lang, subtitle: "2019 timetable 2019年时刻表", about, table: { columns: ["city", "min"], rows: [["上海", 45], ["=x", NaN]] }, times: null, map: { canvas, legend, legendTitle: "min", marks: [{ x: 300, y: 150, fill: "#b4540a" }] }, chart, geopackage: "data/atlas.gpkg", credit: "Sources: a yearbook; 来源：年鉴。Region test 1." }),
    notes: { middle: () => ({ lon: 120.5, lat: 30.5 }), selected: () => null, view: () => "#q=everywhere", changed: (notes) => log.push(["notes", notes.length]), look: (note) => log.push(["look", note.id !== ""]), show: (view) => log.push(["show", view]) },
  },
  root,
);
window.addEventListener("keydown", (event) => {
  if (event.key === "Escape") log.push(["escape"]);
});
const language = el("button", { type: "button", id: "language", onclick: () => {
  lang = lang === "en" ? "zh" : "en";
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  search.draw(lang);
  tools.draw(lang);
} }, "中/EN");
root.prepend(el("header", { class: "bar" }, search.element, tools.buttons, language), canvas, legend, chart, el("div", { class: "signs" }, svg("svg", { width: 0, height: 0 }, patterns("#2166ac", "#b2182b"))));
document.body.append(root);
tools.draw(lang);

/** Milliseconds of steps of a drag: two timetables, parts and land; the first steps are slow, as everything is. */
function drag(figures: IsochroneFigures, data: StationTimes, base: ConstructorParameters<typeof Land>[0], steps: number): { ms: number[]; area: number; dry: number; sum: number } {
  const isochrones = new Isochrones(figures, data);
  const land = new Land(base);
  const ms: number[] = [];
  let [area, dry, sum] = [0, 0, 0];
  const [before, after] = [figures.states[0]!.key, figures.states[figures.states.length - 1]!.key];
  for (let step = 0; step < steps; step += 1) {
    const start = performance.now();
    const lon = 121.47 - 0.02 * step;
    const fields = [before, after].map((state) => isochrones.from(lon, 31.23, state, 50));
    const parts = isochrones.compare(fields[0]!, fields[1]!, 180);
    for (const part of Object.values(parts)) sum += land.areaKm2(part);
    ms.push(performance.now() - start);
    // where the drag begins, at the coast
    if (step === 0) area = areaKm2(parts.kept);
    if (step === 0) dry = land.areaKm2(parts.kept);
  }
  return { ms, area, dry, sum };
}

Object.assign(window, { parts: { log, drag, tools } });
