/** The panel and legend of what is reached from a point. */
import { INK, PAPER, WARNING } from "./colours";
import type { Atlas } from "./contract";
import { el, svg } from "./dom";
import { formatArea, formatMinutes, formatPeople, MINUS } from "./format";
import { radios } from "./header";
import { credits, evidenceButton, lines } from "./legend";
import { CUTOFF_STEP, type Lang, type State } from "./state";
import { cityName, during, say, stateName, type Word } from "./words";
import { LOOK, reaches, zoneStates, type Kind, type ZonePart, type ZoneResult } from "./zone";
import { originText } from "./zone_sheet";
import { howText, startText, zoneSay } from "./zone_words";

export interface ZonePanelScene {
  atlas: Atlas;
  state: State;
  result: ZoneResult | null;
  /** The state on the left of a swipe. */
  left: ZoneResult | null;
  /** What stands in the way of a result, or is under way. */
  problem: string;
  /** Whether sea and lakes are cut out. */
  onLand: boolean;
  openEvidence: () => void;
  commit: (change: Partial<State>) => void;
  /** While the slider moves. */
  preview: (cutoff: number) => void;
}

/** Cities of each part. */
export function citiesOf(atlas: Atlas, result: ZoneResult, kind: Kind): number[] {
  return result.times.map((_, at) => at).filter((at) => {
    const [now, before] = [reaches(atlas, result, at), reaches(atlas, result, at, "before")];
    if (kind === "gained") return now && !before;
    if (kind === "lost") return before && !now;
    return kind === "kept" ? now && before : now;
  });
}

/** The controls, which are kept while they are moved. */
export function zoneControls(scene: ZonePanelScene): HTMLElement[] {
  const { atlas, state, commit, preview } = scene;
  const { lang } = state;
  const [least, most] = atlas.isochrones!.cutoffs_min;
  const value = el("output", { for: "cutoff", class: "cutoff-value" }, formatMinutes(state.cutoff, lang));
  const slider = el("input", {
    type: "range",
    id: "cutoff",
    min: String(least),
    max: String(most),
    step: String(CUTOFF_STEP),
    "aria-valuetext": formatMinutes(state.cutoff, lang),
    oninput: (event) => {
      const minutes = Number((event.target as HTMLInputElement).value);
      value.textContent = formatMinutes(minutes, lang);
      slider.setAttribute("aria-valuetext", formatMinutes(minutes, lang));
      preview(minutes);
    },
    onchange: (event) => commit({ cutoff: Number((event.target as HTMLInputElement).value) }),
  });
  slider.value = String(state.cutoff);
  return [
    el("div", { class: "slider-row" }, el("label", { for: "cutoff" }, say(lang, "cutoff")), slider, value),
    el(
      "div",
      { class: "slider-row" },
      el("span", { "aria-hidden": "true" }, say(lang, "percentile")),
      radios("percentile", say(lang, "percentile"), atlas.isochrones!.percentiles.map((one) => [String(one), say(lang, `percentile${one}` as Word)]), String(state.percentile), (one) => commit({ percentile: Number(one) })),
    ),
    el("p", { class: "small" }, say(lang, "pointPick")),
  ];
}

export interface ZoneWords {
  figure: string;
  of: string;
  /** Departures, door to door, water. */
  how: string;
  sentence: string;
}

export function zoneHeadline({ atlas, state, result, onLand }: ZonePanelScene): ZoneWords | null {
  if (!result) return null;
  const { lang } = state;
  const zh = lang === "zh";
  const place = startText(atlas, state);
  const how = howText(atlas, result.ask.percentile, onLand, lang);
  const of = say(lang, "isochroneOf", { place, time: formatMinutes(result.ask.cutoff, lang) });
  const area = (kind: Kind) => result.parts.find((part) => part.kind === kind)?.area_km2 ?? 0;
  const names = (cities: number[]) => cities.map((at) => cityName(atlas, at, lang)).join(zh ? "、" : ", ");
  if (result.timesBefore) {
    const [gained, lost] = [citiesOf(atlas, result, "gained"), citiesOf(atlas, result, "lost")];
    const net = area("gained") - area("lost");
    const start = zh ? `新增${formatArea(area("gained"), lang)}，减少${formatArea(area("lost"), lang)}。` : `${formatArea(area("gained"), lang)} gained, ${formatArea(area("lost"), lang)} lost. `;
    const rest = !gained.length && !lost.length
      ? zh ? "范围内的城市中心没有变化。" : "The same city centres lie inside."
      : [gained.length ? (zh ? `新纳入：${names(gained)}。` : `New inside: ${names(gained)}.`) : "", lost.length ? (zh ? `不再可达：${names(lost)}。` : `No longer inside: ${names(lost)}.`) : ""].filter(Boolean).join(zh ? "" : " ");
    const now = atlas.states.find((one) => one.id === result.ask.now) ?? null;
    const gain = say(lang, net >= 0 ? "isochroneMore" : "isochroneLess", { place, time: formatMinutes(result.ask.cutoff, lang), after: during(now, lang) });
    return { figure: `${net >= 0.05 ? "+" : net <= -0.05 ? MINUS : "\u00b1"}${formatArea(Math.abs(net), lang)}`, of: gain, how, sentence: start + rest };
  }
  const cities = citiesOf(atlas, result, "now");
  const people = cities.map((at) => atlas.cities[at]!.population);
  const known = people.every((one) => one !== null);
  const counted = known && cities.length ? (zh ? `，共${formatPeople(people.reduce<number>((sum, one) => sum + one!, 0), lang)}人` : ` with ${formatPeople(people.reduce<number>((sum, one) => sum + one!, 0), lang)} people`) : "";
  const sentence = !cities.length
    ? zh ? "范围内没有城市中心。" : "No city centre lies inside."
    : zh ? `${cities.length}个城市的中心位于范围内${counted}：${names(cities)}。` : `The centre${cities.length === 1 ? "" : "s"} of ${cities.length} ${cities.length === 1 ? "city" : "cities"}${counted} lie${cities.length === 1 ? "s" : ""} inside: ${names(cities)}.`;
  return { figure: formatArea(result.parts[0]!.area_km2, lang), of, how, sentence };
}

/** Land, city centres and people of each part. */
export function zoneTable(scene: ZonePanelScene): HTMLElement | null {
  const { atlas, state } = scene;
  if (!scene.result) return null;
  const { lang } = state;
  const rows = shownParts(scene).map(([result, part]) => {
    const cities = citiesOf(atlas, result, part.kind);
    const people = cities.map((at) => atlas.cities[at]!.population);
    const sum = people.some((one) => one === null) ? say(lang, "nodata") : formatPeople(people.reduce<number>((all, one) => all + one!, 0), lang);
    return el("tr", {}, el("th", { scope: "row" }, outlined(part.kind), " ", partName(atlas, state, result, part)), el("td", {}, formatArea(part.area_km2, lang)), el("td", {}, String(cities.length)), el("td", {}, sum));
  });
  return el(
    "table",
    { class: "zone-table" },
    el("thead", {}, el("tr", {}, ...(["isoPart", "isoArea", "isoCities", "isoPeople"] as const).map((word) => el("th", { scope: "col" }, say(lang, word))))),
    el("tbody", {}, ...rows),
  );
}

/** Parts with the result that they are of: before the line of a swipe, and after it. */
export function shownParts({ left, result }: Pick<ZonePanelScene, "left" | "result">): [ZoneResult, ZonePart][] {
  return [left, result].flatMap((one) => (one?.parts ?? []).map((part): [ZoneResult, ZonePart] => [one!, part]));
}

function partName(atlas: Atlas, state: State, { ask }: ZoneResult, part: ZonePart): string {
  const { lang } = state;
  const name = (id: string | null) => {
    const found = atlas.states.find((one) => one.id === id);
    return found ? stateName(found, lang) : "";
  };
  if (part.kind === "then" || part.kind === "now") return say(lang, "isoBefore", { state: name(ask.now), time: formatMinutes(state.cutoff, lang) });
  const words = { kept: "isoKept", gained: "isoGained", lost: "isoLost" } as const;
  return say(lang, words[part.kind], { before: name(ask.before), after: name(ask.now) });
}

export function outlined(kind: Kind): Element {
  const { fill, edge, dashed, pattern } = LOOK[kind];
  return svg("svg", { width: 22, height: 14, "aria-hidden": "true" }, svg("rect", { x: 1, y: 1, width: 20, height: 12, fill: pattern ? `url(#${pattern})` : fill, stroke: edge, "stroke-width": 1.3, "stroke-dasharray": dashed ? "4 2" : "" }));
}

export function zoneLegend(scene: ZonePanelScene): HTMLElement[] {
  const { atlas, state, result } = scene;
  const { lang } = state;
  const { ground } = atlas.isochrones!;
  const compared = !!result?.timesBefore;
  const shown = atlas.states.find((one) => one.id === result?.ask.now);
  const after = shown ? during(shown, lang) : "";
  const dot = (fill: string, radius: number, stroke: string) => svg("svg", { width: 22, height: 14, "aria-hidden": "true" }, svg("circle", { cx: 11, cy: 7, r: radius, fill, stroke, "stroke-width": 1 }));
  const lens = { measure: atlas.measures[0]!, variant: "", now: atlas.states.find((one) => one.id === zoneStates(atlas, state).now) ?? null, before: null, difference: false };
  return [
    el("h2", {}, `${say(lang, "isochrone")} `, evidenceButton(lang, scene.openEvidence)),
    el(
      "ul",
      { class: "classes" },
      ...shownParts(scene).map(([one, part]) => el("li", {}, outlined(part.kind), partName(atlas, state, one, part))),
      el("li", {}, dot(WARNING, 5, "none"), say(lang, "isoMark")),
      el("li", {}, dot(INK, 4, INK), compared ? zoneSay(lang, "insideNow", { after }) : say(lang, "isoInside")),
      el("li", {}, dot(PAPER, 4, INK), compared ? zoneSay(lang, "outsideNow", { after }) : say(lang, "isoOutside")),
    ),
    el("p", { class: "small" }, compared ? zoneSay(lang, "change") : say(lang, "isoValue")),
    ...(compared ? [el("ul", { class: "classes" }, ...changeMarks(lang, formatMinutes(atlas.isochrones!.cutoffs_min[1], lang)))] : []),
    el("h3", {}, say(lang, "lines")),
    lines({ atlas, state, lens, flows: 1, change: false }, true),
    el("p", { class: "small" }, say(lang, "isoRule", { ground: ground[lang], minutes: Math.round(ground.max_time_s / 60) })),
    ...(result ? [el("p", { class: "small" }, originText(atlas, result, lang))] : []),
    el("p", { class: "credit" }, credits(atlas, lang)),
  ];
}

/** What stands under the names of cities where two states are compared: a change in minutes, or a sign. */
function changeMarks(lang: Lang, time: string): HTMLElement[] {
  const rows = [[`${MINUS}9`, zoneSay(lang, "sooner")], ["+9", zoneSay(lang, "later")], ["+", zoneSay(lang, "newly", { time })], [MINUS, zoneSay(lang, "noLonger", { time })]] as const;
  return rows.map(([sign, words]) => el("li", {}, el("span", { class: "sign" }, sign), ` ${words}`));
}
