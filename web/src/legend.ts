/** The legend: unit, classes, what has no value, lines, rule and sources. */
import type { Atlas } from "./contract";
import { el, svg } from "./dom";
import { formatCount } from "./format";
import { noneText } from "./headline";
import { FEWER, HIGH_SPEED, MORE, OTHER_RAIL } from "./map";
import { lineWidth, type Scale } from "./scale";
import type { State } from "./state";
import { measureTitle, ruleText, say, timetableName } from "./words";

export interface LegendScene {
  atlas: Atlas;
  state: State;
  scale: Scale;
}

export function legend(scene: LegendScene): HTMLElement[] {
  const { atlas, state } = scene;
  const { lang, measure, year } = state;
  const unit = say(lang, measure === "trains" ? "unit_trains" : "unit_time");
  const about = state.city === null ? capital(say(lang, measure === "trains" ? "sum" : "median")) : "";
  return [
    el("h2", {}, `${measureTitle(atlas, measure, year, lang)} `, el("span", { class: "unit" }, `(${unit})`)),
    el("p", { class: "small" }, [about, year === "difference" ? "" : say(lang, "dark")].filter(Boolean).join(lang === "zh" ? "；" : ". ")),
    classes(scene),
    el("h3", {}, say(lang, "lines")),
    lines(scene),
    el("p", { class: "small" }, say(lang, atlas.cells.some((cell) => cell.kind === "nearest_centre") ? "cells" : atlas.cells.length ? "ownCells" : "straight")),
    rule(scene),
    sources(scene),
    el("p", { class: "credit" }, credits(atlas)),
  ];
}

/** Always in sight, as licences such as the ODbL ask for. */
function credits(atlas: Atlas): string {
  const publishers = atlas.drawn_from.map((id) => atlas.sources[id]?.publisher ?? atlas.sources[id]?.title ?? id);
  return [...new Set(publishers)].sort((a, b) => Number(b.startsWith("©")) - Number(a.startsWith("©"))).join(" · ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function classes({ atlas, state, scale }: LegendScene): HTMLElement {
  const { lang, measure, year } = state;
  const span = { first: atlas.years[0]!, last: atlas.years[atlas.years.length - 1]! };
  const bound = (value: number) => (measure === "trains" ? formatCount(Math.abs(value), lang) : String(Math.round(Math.abs(value) / 60)));
  const signed = (value: number) => `${value < 0 ? "\u2212" : "+"}${bound(value)}`;
  const show = year === "difference" ? signed : bound;
  const cells = scale.colours.map((colour, at) => {
    const [low, high] = [scale.breaks[at - 1], scale.breaks[at]];
    const text = low === undefined && high === undefined ? say(lang, year === "difference" ? "unchanged" : "all") : low === undefined ? `≤ ${show(high!)}` : high === undefined ? `> ${show(low)}` : `${show(low)} – ${show(high)}`;
    return el("li", {}, swatch(colour), text);
  });
  const extra: HTMLElement[] = [];
  if (year === "difference" && cells.length > 1) {
    const [less, more] = measure === "trains" ? (["fewer", "more"] as const) : (["shorter", "longer"] as const);
    cells[0]?.append(` ${say(lang, less)}`);
    cells[(cells.length - 1) / 2]?.append(` ${say(lang, "same")}`);
    cells[cells.length - 1]?.append(` ${say(lang, more)}`);
  }
  if (year === "difference") {
    if (measure !== "trains") {
      extra.push(el("li", {}, swatch("url(#plus)"), say(lang, "gained_time", span)), el("li", {}, swatch("url(#minus)"), say(lang, "lost_time", span)));
    }
  }
  extra.push(el("li", {}, swatch("url(#dots)"), noneText(measure, lang, state.city === null ? "city" : "pair")), el("li", {}, swatch("url(#hatch)"), say(lang, "nodata")));
  return el("ul", { class: "classes" }, ...cells, ...extra);
}

function swatch(fill: string): Element {
  return svg("svg", { width: 22, height: 12, "aria-hidden": "true" }, svg("rect", { x: 0.5, y: 0.5, width: 21, height: 11, fill, stroke: "#7b8794", "stroke-width": 0.6 }));
}

function lines({ state }: LegendScene): HTMLElement {
  const { lang, year } = state;
  const sample = (colour: string, trains: number, text: string, dash = "") =>
    el("li", {}, svg("svg", { width: 30, height: 12, "aria-hidden": "true" }, svg("line", { x1: 1, y1: 6, x2: 29, y2: 6, stroke: colour, "stroke-width": lineWidth(trains), "stroke-dasharray": dash })), text);
  if (year === "difference") {
    return el("ul", { class: "classes" }, sample(MORE, 100, `+100 ${say(lang, "linesMore")}`), sample(FEWER, 25, `\u221225 ${say(lang, "linesFewer")}`, "6 3"));
  }
  return el("ul", { class: "classes" }, sample(HIGH_SPEED, 10, "10"), sample(HIGH_SPEED, 100, "100"), sample(HIGH_SPEED, 300, `300 ${say(lang, "highSpeed")}`), sample(OTHER_RAIL, 50, `50 ${say(lang, "other")}`));
}

function rule({ atlas, state }: LegendScene): HTMLElement {
  const { lang, measure, year } = state;
  return el("details", { open: false }, el("summary", {}, say(lang, "rule")), el("p", { class: "small" }, ruleText(atlas, measure, year, lang)), el("p", { class: "small" }, say(lang, "straight")));
}

function sources({ atlas, state }: LegendScene): HTMLElement {
  const { lang, measure } = state;
  const items = atlas.years.map((year) => {
    const feeds = atlas.by_year[String(year)]!.feeds;
    const named = feeds.map((feed) => [feed.name, feed.source_id ? atlas.sources[feed.source_id]?.title : null].filter(Boolean).join(" · ")).filter(Boolean);
    return el("li", {}, `${timetableName(feeds, year, lang)}${named.length ? `: ${named.join("; ")}` : ""} `, el("a", { href: `data/${year}_${measure}.csv` }, "CSV"));
  });
  const base = atlas.drawn_from.map((id) => {
    const source = atlas.sources[id];
    return el("li", {}, [source?.title ?? id, source?.publisher, source?.licence].filter(Boolean).join(" · "));
  });
  return el(
    "details",
    {},
    el("summary", {}, say(lang, "evidence")),
    el("ul", { class: "small" }, ...items, ...base, el("li", {}, el("a", { href: "data/provenance.json" }, `${say(lang, "files")}: data/provenance.json`)), el("li", {}, `${say(lang, "region")}: ${atlas.region.name} ${atlas.region.version}`)),
  );
}
