/** The legend: unit, classes, what has no value, lines, rule and sources. */
import type { Atlas, Reach } from "./contract";
import { el, svg } from "./dom";
import { formatCount } from "./format";
import { noneText } from "./headline";
import { FEWER, HIGH_SPEED, INK, MORE, OTHER_RAIL, REACH_LINES, WARNING } from "./map";
import { GROUND, LOOK, drawnParts, formatMinutes, reachCommand, reachRule, stationName, type Kind } from "./reach";
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
    sources(scene, (at) => `data/${at}_${measure}.csv`),
    el("p", { class: "credit" }, credits(atlas)),
  ];
}

/** The legend while the reach of a station is shown; `problem` says why there are no outlines, or none yet. */
export function reachLegend(atlas: Atlas, reach: Reach, state: State, minutes: number, problem: string): HTMLElement[] {
  const { lang, year } = state;
  const [first, last] = [atlas.years[0]!, atlas.years[atlas.years.length - 1]!];
  const shown = year === "difference" ? last : year;
  const time = formatMinutes(minutes, lang);
  const words: Record<Kind, string> = {
    then: say(lang, "reachThen", { year: shown, time }),
    now: say(lang, "reachThen", { year: shown, time }),
    kept: say(lang, "reachKept", { first, last }),
    gained: say(lang, "reachGained", { first, last }),
    lost: say(lang, "reachLost", { first, last }),
  };
  const dot = (fill: string, radius: number, stroke: string) => svg("svg", { width: 22, height: 14, "aria-hidden": "true" }, svg("circle", { cx: 11, cy: 7, r: radius, fill, stroke, "stroke-width": 1 }));
  const sample = (trains: number, text: string) =>
    el("li", {}, svg("svg", { width: 30, height: 12, "aria-hidden": "true" }, svg("line", { x1: 1, y1: 6, x2: 29, y2: 6, stroke: OTHER_RAIL, "stroke-opacity": 0.55, "stroke-width": REACH_LINES * lineWidth(trains) })), text);
  return [
    el("h2", {}, say(lang, "reach", { station: stationName(reach, lang) })),
    ...(problem ? [el("p", { class: "warning", role: "status" }, problem)] : []),
    el(
      "ul",
      { class: "classes reach-classes" },
      ...drawnParts(atlas, year).map(({ kind }) => el("li", {}, outlined(kind), words[kind])),
      el("li", {}, dot(WARNING, 5, "none"), say(lang, "reachMark", { station: stationName(reach, lang) })),
      el("li", {}, dot(GROUND.inside, 4, INK), say(lang, "reachInside")),
      el("li", {}, dot(GROUND.outside, 4, INK), say(lang, "reachOutside")),
    ),
    el("p", { class: "small" }, say(lang, year === "difference" ? "reachChange" : "reachValue")),
    el("p", { class: "small" }, reachRule(reach, shown, lang).join(lang === "zh" ? "" : " ")),
    el("h3", {}, say(lang, "reachLines", { year: shown })),
    el("ul", { class: "classes" }, sample(10, "10"), sample(100, "100"), sample(300, "300")),
    el("details", {}, el("summary", {}, say(lang, "rule")), el("p", { class: "small" }, say(lang, "reachFigures")), el("code", {}, reachCommand(atlas, reach)), el("p", { class: "small" }, say(lang, "straight"))),
    sources({ atlas, state }, "data/reach.csv"),
    el("p", { class: "credit" }, credits(atlas)),
  ];
}

function outlined(kind: Kind): Element {
  const { fill, edge, dashed, pattern } = LOOK[kind];
  return svg("svg", { width: 22, height: 14, "aria-hidden": "true" }, svg("rect", { x: 1, y: 1, width: 20, height: 12, fill: pattern ? `url(#${pattern})` : fill, stroke: edge, "stroke-width": 1.3, "stroke-dasharray": dashed ? "4 2" : "" }));
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

/** Sources with the file of each year, or with one file of them all. */
function sources({ atlas, state }: { atlas: Atlas; state: State }, file: string | ((year: number) => string)): HTMLElement {
  const { lang } = state;
  const items = atlas.years.map((year) => {
    const feeds = atlas.by_year[String(year)]!.feeds;
    const named = feeds.map((feed) => [feed.name, feed.source_id ? atlas.sources[feed.source_id]?.title : null].filter(Boolean).join(" · ")).filter(Boolean);
    return el("li", {}, `${timetableName(feeds, year, lang)}${named.length ? `: ${named.join("; ")}` : ""} `, typeof file === "string" ? null : el("a", { href: file(year) }, "CSV"));
  });
  const base = atlas.drawn_from.map((id) => {
    const source = atlas.sources[id];
    return el("li", {}, [source?.title ?? id, source?.publisher, source?.licence].filter(Boolean).join(" · "));
  });
  return el(
    "details",
    {},
    el("summary", {}, say(lang, "evidence")),
    el("ul", { class: "small" }, ...(typeof file === "string" ? [el("li", {}, el("a", { href: file }, `${say(lang, "files")}: ${file}`))] : []), ...items, ...base, el("li", {}, el("a", { href: "data/provenance.json" }, `${say(lang, "files")}: data/provenance.json`)), el("li", {}, `${say(lang, "region")}: ${atlas.region.name} ${atlas.region.version}`)),
  );
}
