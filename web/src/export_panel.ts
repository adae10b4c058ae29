/** Buttons that hand out what is on the screen. */
import { el } from "./dom";
import { chartSvg, fileName, legendItems, mapPng, metadataJson, tableCsv, type ExportTable, type Metadata } from "./export";
import { saveFile } from "./save";
import type { Lang } from "./state";

/** What there is to hand out; null = not in this view. */
export interface ExportScene {
  lang: Lang;
  subtitle: string;
  about: Metadata;
  table: ExportTable | null;
  /** Times to cities, where the table is of the land that is reached. */
  times: ExportTable | null;
  map: { canvas: HTMLCanvasElement; legend: Element; legendTitle: string; marks: { x: number; y: number; fill: string }[] } | null;
  chart: SVGSVGElement | null;
  /** Path of the GeoPackage in the folder of the atlas. */
  geopackage: string | null;
  credit: string;
}

const WORDS = {
  en: {
    title: "Export this view",
    csv: "Table (CSV)",
    land: "Land reached (CSV)",
    times: "Times to city centres (CSV)",
    png: "Map with legend and sources (PNG)",
    svg: "Chart (SVG)",
    json: "What it rests on (JSON)",
    gpkg: "All layers with styles (GeoPackage)",
    done: "{name} is saved.",
    wrong: "That did not work: {problem}",
  },
  zh: {
    title: "导出当前视图",
    csv: "表格（CSV）",
    land: "可达陆地（CSV）",
    times: "到各市中心的时间（CSV）",
    png: "含图例与来源的地图（PNG）",
    svg: "图表（SVG）",
    json: "依据与来源（JSON）",
    gpkg: "全部图层与样式（GeoPackage）",
    done: "已保存 {name}。",
    wrong: "未能完成：{problem}",
  },
} as const;

type Kind = "csv" | "times" | "png" | "svg" | "json";

export class ExportPanel {
  readonly element = el("section", { class: "export", "aria-labelledby": "export-title" });
  readonly #scene: () => ExportScene;
  readonly #message = el("p", { role: "status", class: "small" });

  /** The scene is asked for when a button is pressed, so that it is the one on the screen. */
  constructor(scene: () => ExportScene) {
    this.#scene = scene;
  }

  draw(lang: Lang): void {
    const words = WORDS[lang];
    const scene = this.#scene();
    const button = (id: Kind, there: boolean, text: string = words[id]) => (there ? el("li", {}, el("button", { type: "button", id: `export-${id}`, onclick: () => void this.save(id) }, text)) : null);
    this.element.replaceChildren(
      el("h2", { id: "export-title" }, words.title),
      el(
        "ul",
        { class: "export-list" },
        button("csv", scene.table !== null, scene.times ? words.land : words.csv),
        button("times", scene.times !== null),
        button("png", scene.map !== null),
        button("svg", scene.chart !== null),
        button("json", true),
        scene.geopackage ? el("li", {}, el("a", { href: scene.geopackage, download: "" }, words.gpkg)) : null,
      ),
      this.#message,
    );
  }

  async save(kind: Kind): Promise<void> {
    const scene = this.#scene();
    const { about, lang } = scene;
    const name = kind === "times" ? `${fileName(about.region.name, about.measure, about.state, "times")}.csv` : `${fileName(about.region.name, about.measure, about.state)}.${kind}`;
    try {
      if (kind === "csv" && scene.table) saveFile(name, tableCsv(scene.table), "text/csv;charset=utf-8");
      if (kind === "times" && scene.times) saveFile(name, tableCsv(scene.times), "text/csv;charset=utf-8");
      if (kind === "svg" && scene.chart) saveFile(name, chartSvg(scene.chart), "image/svg+xml;charset=utf-8");
      if (kind === "json") saveFile(name, metadataJson(about, new Date()), "application/json");
      if (kind === "png" && scene.map) {
        const { canvas, legend, legendTitle, marks } = scene.map;
        saveFile(name, await mapPng({ canvas, width: canvas.clientWidth, title: about.title, subtitle: scene.subtitle, legendTitle, legend: legendItems(legend), marks, credit: scene.credit }));
      }
      this.#message.textContent = WORDS[lang].done.replace("{name}", name);
    } catch (problem) {
      this.#message.textContent = WORDS[lang].wrong.replace("{problem}", problem instanceof Error ? problem.message : String(problem));
    }
  }
}
