/** The legend: unit, classes, what has no value, lines, flows, rule and sources. */
import { FEWER, HIGH_SPEED, METRO, MORE, OTHER_RAIL } from "./colours";
import type { Atlas } from "./contract";
import { el, svg } from "./dom";
import { choiceText } from "./headline";
import { formatBrief, formatBriefChange, formatSigned } from "./format";
import { DIM_LINES } from "./map";
import { isChange, isTime, summaryOf, type Lens } from "./model";
import { lineWidth, type Scale } from "./scale";
import { ownWords, sourceText } from "./source";
import type { Lang, State } from "./state";
import { cityName, lensTitle, noneText, say, stateLong, stateName } from "./words";

export interface LegendScene {
  atlas: Atlas;
  state: State;
  lens: Lens;
  scale: Scale;
  flows: number;
  /** Whether lines are drawn as they change. */
  change: boolean;
  openEvidence: () => void;
}

export function legend(scene: LegendScene): HTMLElement[] {
  const { atlas, state, lens } = scene;
  const { lang } = state;
  const { measure } = lens;
  const about = measure.shape === "pair" && state.city === null ? `${capital(say(lang, summaryOf(measure)))}${lang === "zh" ? "。" : "."}` : "";
  const dark = lens.difference || isChange(measure) || !scene.scale.colours.length ? "" : say(lang, "dark", { what: say(lang, measure.better === "less" ? "darkLess" : "darkMore") });
  return [
    el(
      "h2",
      {},
      `${lensTitle(lens, lang)}${choiceText(lens, lang)} `,
      // the button stays with the last word
      el("span", { class: "kept" }, el("span", { class: "unit" }, `(${unitText(lens, lang)}) `), evidenceButton(lang, scene.openEvidence)),
    ),
    el("p", { class: "small" }, [about, dark, measure.draw === "circles" ? say(lang, "circles") : measure.shape === "zone" ? say(lang, "discs") : ""].filter(Boolean).join(lang === "zh" ? "" : " ")),
    ...(measure.shape === "value" ? [] : [classes(scene)]),
    ...(scene.flows ? [flowsLegend(scene)] : []),
    el("h3", {}, say(lang, "lines")),
    lines(scene),
    el(
      "details",
      {},
      el("summary", {}, say(lang, "evidence")),
      el("p", { class: "small" }, say(lang, atlas.cells.some((cell) => cell.kind === "nearest_centre") ? "cells" : atlas.cells.length ? "ownCells" : "straight")),
      el("p", { class: "small" }, say(lang, "straight")),
      sources(scene),
    ),
    el("p", { class: "credit" }, credits(atlas, lang)),
  ];
}

export function evidenceButton(lang: Lang, open: () => void): HTMLElement {
  return el("button", { type: "button", class: "info", "aria-label": say(lang, "evidenceOf"), title: say(lang, "evidenceOf"), onclick: open }, "ⓘ");
}

/** Unit of the classes: minutes rather than seconds, amounts as they are. */
export function unitText(lens: Lens, lang: Lang): string {
  if (isTime(lens.measure)) return lang === "zh" ? "分钟" : "min";
  return lens.measure.unit === "share" ? "%" : lens.measure.unit_words[lang];
}

/** Always in sight, as licences such as the ODbL ask for. */
export function credits(atlas: Atlas, lang: Lang): string {
  const publishers = atlas.drawn_from.map((id) => ownWords(atlas.sources[id], "publisher", lang) ?? ownWords(atlas.sources[id], "title", lang) ?? id);
  return [...new Set(publishers)].sort((a, b) => Number(b.startsWith("©")) - Number(a.startsWith("©"))).join(" · ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function classes({ state, lens, scale }: LegendScene): HTMLElement {
  const { lang } = state;
  const { measure } = lens;
  const show = (value: number) => (lens.difference ? formatBriefChange(value, measure.unit, lang) : isChange(measure) ? formatSigned(value, measure.unit, lang) : formatBrief(value, measure.unit, lang));
  const cells = scale.colours.map((colour, at) => {
    const [low, high] = [scale.breaks[at - 1], scale.breaks[at]];
    const text = low === undefined && high === undefined ? say(lang, lens.difference ? "unchanged" : "all") : low === undefined ? `≤ ${show(high!)}` : high === undefined ? `> ${show(low)}` : `${show(low)} – ${show(high)}`;
    return el("li", {}, swatch(colour), text);
  });
  const extra: HTMLElement[] = [];
  const span = { before: lens.before ? stateName(lens.before, lang) : "", after: lens.now ? stateName(lens.now, lang) : "" };
  if ((lens.difference || isChange(measure)) && cells.length > 1) {
    const [less, more] = isTime(measure) ? (["shorter", "longer"] as const) : (["less", "more_"] as const);
    cells[0]?.append(` ${say(lang, less)}`);
    cells[(cells.length - 1) / 2]?.append(` ${say(lang, "same")}`);
    cells[cells.length - 1]?.append(` ${say(lang, more)}`);
  }
  if (lens.difference && isTime(measure)) {
    const [gained, lost] = state.city === null ? (["gainedMedian", "lostMedian"] as const) : (["gained", "lost"] as const);
    extra.push(el("li", {}, swatch("url(#plus)"), say(lang, gained, span)), el("li", {}, swatch("url(#minus)"), say(lang, lost, span)));
  }
  if ((measure.shape === "pair" && summaryOf(measure) !== "sumOthers") || (isTime(measure) && !measure.change)) extra.push(el("li", {}, swatch("url(#dots)"), noneText(measure, lang, state.city === null ? "city" : "pair")));
  extra.push(el("li", {}, swatch("url(#hatch)"), say(lang, "nodata")));
  return el("ul", { class: "classes" }, ...cells, ...extra);
}

export function swatch(fill: string): Element {
  return svg("svg", { width: 22, height: 12, "aria-hidden": "true" }, svg("rect", { x: 0.5, y: 0.5, width: 21, height: 11, fill, stroke: "#7b8794", "stroke-width": 0.6 }));
}

function flowsLegend({ atlas, state, lens, flows }: LegendScene): HTMLElement {
  const { lang, city } = state;
  const what = say(lang, lens.difference ? "flowsChange" : isTime(lens.measure) ? "flowsShort" : "flowsMany");
  const text = city === null ? say(lang, "flowsOf", { n: flows, what }) : say(lang, "flowsFrom", { n: flows, what, city: cityName(atlas, city, lang) });
  return el("p", { class: "small flows-note" }, text);
}

export function lines({ atlas, state, lens, flows, change }: Pick<LegendScene, "atlas" | "state" | "lens" | "flows" | "change">, thin = flows > 0): HTMLElement {
  const { lang } = state;
  const width = (trains: number) => (thin ? DIM_LINES : 1) * lineWidth(trains);
  const sample = (colour: string, trains: number, text: string, dash = "") =>
    el("li", {}, svg("svg", { width: 30, height: 12, "aria-hidden": "true" }, svg("line", { x1: 1, y1: 6, x2: 29, y2: 6, stroke: colour, "stroke-opacity": thin ? 0.5 : 1, "stroke-width": width(trains), "stroke-dasharray": dash })), text);
  if (thin) return el("ul", { class: "classes" }, sample(OTHER_RAIL, 10, "10"), sample(OTHER_RAIL, 100, "100"), sample(OTHER_RAIL, 300, "300"));
  if (change) return el("ul", { class: "classes" }, sample(MORE, 100, `+100 ${say(lang, "linesMore")}`), sample(FEWER, 25, `\u221225 ${say(lang, "linesFewer")}`, "6 3"));
  const metro = lens.now?.kind !== "year" && atlas.states.some((one) => one.lines.some(([, , group]) => group === 2));
  return el(
    "ul",
    { class: "classes" },
    sample(HIGH_SPEED, 10, "10"),
    sample(HIGH_SPEED, 100, "100"),
    sample(HIGH_SPEED, 300, `300 ${say(lang, "highSpeed")}`),
    sample(OTHER_RAIL, 50, `50 ${say(lang, "other")}`),
    metro ? sample(METRO, 100, `100 ${say(lang, "metro")}`) : null,
  );
}

/** Sources of the map, and the files of the figures. */
function sources({ atlas, state, lens }: LegendScene): HTMLElement {
  const { lang } = state;
  const { measure } = lens;
  const files = fileOf(lens).map(([path, name]) => el("li", {}, name ? `${name}: ` : "", el("a", { href: path }, path)));
  const timed = atlas.states.filter((one) => one.timetable && one.kind === "year").flatMap((one) =>
    one.feeds.map((feed) => el("li", {}, `${stateLong(one, measure, lang)}: ${[feed.name, feed.source_id ? atlas.sources[feed.source_id]?.title : null].filter(Boolean).join(" · ")}`)),
  );
  const base = atlas.drawn_from.map((id) => {
    const source = atlas.sources[id];
    return el("li", {}, [sourceText(atlas, id, lang), source?.licence].filter(Boolean).join(" · "));
  });
  return el(
    "ul",
    { class: "small" },
    ...files,
    ...timed,
    ...base,
    el("li", {}, `${say(lang, "files")}: `, el("a", { href: "data/provenance.json" }, "data/provenance.json")),
    el("li", {}, `${say(lang, "region")}: ${atlas.region.name} ${atlas.region.version}`),
  );
}

/** Files that hold the figures of a view, and the state each is of. */
export function fileOf(lens: Lens): [string, string][] {
  const { measure, variant } = lens;
  if (measure.shape === "value") return [["data/values.csv", ""]];
  if (measure.shape === "city" || measure.shape === "zone") return [[`data/${measure.name}.csv`, ""]];
  const states = [lens.before, lens.now].filter((state) => state !== null);
  return states.map((state) => [`data/${state.id}_${measure.name}${variant ? `_${variant}` : ""}.csv`, String(state.year)]);
}
