/** What is reached from one station: figures, words, and the outlines, which are loaded when they are first asked for. */
import type { Atlas, Outlines, Reach, ReachFigures } from "./contract";
import { MINUS, formatPeople } from "./format";
import type { Lang, State, When } from "./state";
import { cityName, say } from "./words";

declare global {
  interface Window {
    MEGAREGION_REACH?: Outlines;
  }
}

/** Part of the layer: what was reached before, what is now, in both, only now, only before. */
export type Kind = "then" | "now" | "kept" | "gained" | "lost";

/** Fill, outline and sign of each part: blue before, red now, both purple; never told apart by colour alone. */
export const LOOK: Record<Kind, { fill: string; edge: string; dashed: boolean; pattern: "" | "reach-plus" | "reach-minus" }> = {
  then: { fill: "#b5d0e8", edge: "#1f5c9e", dashed: true, pattern: "" },
  now: { fill: "#f3bfae", edge: "#a3201f", dashed: false, pattern: "" },
  kept: { fill: "#d3c4e3", edge: "#542788", dashed: false, pattern: "" },
  gained: { fill: "#f3bfae", edge: "#a3201f", dashed: false, pattern: "reach-plus" },
  lost: { fill: "#b5d0e8", edge: "#1f5c9e", dashed: true, pattern: "reach-minus" },
};

export const GROUND = { inside: "#1f2933", outside: "#fbfaf7", edge: "#d8d3c6" };

export function stationName(reach: Reach, lang: Lang): string {
  return lang === "zh" ? reach.station.name : reach.station.name_en;
}

/** Position of the chosen cut-off. */
export function cutoffAt(reach: Reach, minutes: number): number {
  return reach.cutoffs_s.indexOf(minutes * 60);
}

export function figures(reach: Reach, part: number | "gained" | "lost", at: number): ReachFigures {
  return reach.parts[String(part)]![at]!;
}

/** What is drawn, lowest first. */
export function drawnParts(atlas: Atlas, when: When): { kind: Kind; part: string }[] {
  const first = atlas.years[0]!;
  const last = atlas.years[atlas.years.length - 1]!;
  if (when !== "difference") return [{ kind: when === first ? "then" : "now", part: String(when) }];
  return [
    { kind: "kept", part: String(last) },
    { kind: "gained", part: "gained" },
    { kind: "lost", part: "lost" },
  ];
}

export function outlineFeatures(atlas: Atlas, outlines: Outlines, when: When, at: number): GeoJSON.FeatureCollection {
  const features = drawnParts(atlas, when).flatMap(({ kind, part }): GeoJSON.Feature[] => {
    const geometry = outlines[part]?.[at];
    return geometry ? [{ type: "Feature", properties: { kind, ...LOOK[kind] }, geometry }] : [];
  });
  return { type: "FeatureCollection", features };
}

/** Which city centres lie inside in a year. */
export function isInside(reach: Reach, year: number, at: number, city: number): boolean {
  return figures(reach, year, at).cities.includes(city);
}

/** What stands under the name of a city: the least cut-off that reaches it, or whether it is gained or lost. */
export function cityMark(reach: Reach, when: When, at: number, city: number): string {
  if (when === "difference") return figures(reach, "gained", at).cities.includes(city) ? "+" : figures(reach, "lost", at).cities.includes(city) ? MINUS : "";
  const least = reach.cutoffs_s.find((_, position) => isInside(reach, when, position, city));
  return least === undefined ? "" : `≤ ${least / 60}`;
}

/** Cut-offs are named as they are chosen: 120 min, not 2 h. */
export function formatMinutes(minutes: number, lang: Lang): string {
  return lang === "zh" ? `${minutes}\u00a0分钟` : `${minutes}\u00a0min`;
}

/** Whole km² unless there are only a few. */
export function formatSize(km2: number, lang: Lang): string {
  return new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en", { maximumFractionDigits: km2 < 10 ? 1 : 0 }).format(km2);
}

export function formatArea(km2: number, lang: Lang): string {
  return `${formatSize(km2, lang)} ${lang === "zh" ? "平方公里" : "km²"}`;
}

export function signed(value: number, lang: Lang): string {
  return `${value > 0 ? "+" : value < 0 ? MINUS : "\u00b1"}${formatSize(Math.abs(value), lang)}`;
}

/** Years of the census behind the people. */
export function census(atlas: Atlas, lang: Lang): string {
  const years = [...new Set(atlas.cities.map((city) => city.population_year).filter((year) => year !== null))].sort();
  return say(lang, "census", { years: years.join(lang === "zh" ? "、" : ", ") });
}

export interface ReachHeadline {
  figure: string;
  of: string;
  then: string;
  sentence: string;
}

export function reachHeadline(atlas: Atlas, reach: Reach, state: State, minutes: number): ReachHeadline {
  const { lang, year } = state;
  const at = cutoffAt(reach, minutes);
  const first = atlas.years[0]!;
  const last = atlas.years[atlas.years.length - 1]!;
  const area = (when: number) => figures(reach, when, at).area_km2;
  const one = (when: number) => say(lang, "before", { year: when, value: formatArea(area(when), lang) });
  const net = `${signed(Math.round(area(last)) - Math.round(area(first)), lang)} ${lang === "zh" ? "平方公里" : "km²"}`;
  const of = say(lang, "reachOf", { station: stationName(reach, lang), time: formatMinutes(minutes, lang) });
  if (year === "difference") {
    return { figure: net, of, then: `${one(first)} · ${one(last)}`, sentence: changeSentence(atlas, reach, at, lang) };
  }
  const other = year === first ? last : first;
  return {
    figure: formatArea(area(year), lang),
    of,
    then: first === last ? "" : `${one(other)} · ${first}→${last} ${net}`,
    sentence: yearSentence(atlas, reach, year, other === year ? null : other, at, lang),
  };
}

function names(atlas: Atlas, cities: number[], lang: Lang): string {
  return cities.map((city) => cityName(atlas, city, lang)).join(lang === "zh" ? "、" : ", ");
}

function yearSentence(atlas: Atlas, reach: Reach, year: number, other: number | null, at: number, lang: Lang): string {
  const { cities, people } = figures(reach, year, at);
  const zh = lang === "zh";
  if (!cities.length) return zh ? `${year}年没有城市的中心位于范围内。` : `In ${year} the centre of no city lies inside.`;
  const n = cities.length;
  const counted = people === null ? "" : zh ? `，共${formatPeople(people, lang)}人（${census(atlas, lang)}）` : ` with ${formatPeople(people, lang)} people (${census(atlas, lang)})`;
  const there = other === null ? null : figures(reach, other, at).cities;
  const same = there !== null && there.length === n && there.every((city) => cities.includes(city));
  const compared = there === null ? "" : same ? (zh ? `；与${other}年相同` : `; the same as in ${other}`) : zh ? `；${other}年为${there.length}个` : `; ${there.length} in ${other}`;
  if (zh) return `${year}年，${n}个城市的中心位于范围内${counted}：${names(atlas, cities, lang)}${compared}。`;
  return `In ${year} the centre${n === 1 ? "" : "s"} of ${n} ${n === 1 ? "city" : "cities"}${counted} lie${n === 1 ? "s" : ""} inside: ${names(atlas, cities, lang)}${compared}.`;
}

function changeSentence(atlas: Atlas, reach: Reach, at: number, lang: Lang): string {
  const [gained, lost] = [figures(reach, "gained", at), figures(reach, "lost", at)];
  const zh = lang === "zh";
  const start = zh
    ? `新增${formatArea(gained.area_km2, lang)}，减少${formatArea(lost.area_km2, lang)}。`
    : `${formatArea(gained.area_km2, lang)} gained, ${formatArea(lost.area_km2, lang)} lost. `;
  if (!gained.cities.length && !lost.cities.length) return start + (zh ? "位于范围内的城市中心没有变化。" : "The same city centres lie inside.");
  const parts: string[] = [];
  if (gained.cities.length) parts.push(zh ? `新纳入的城市中心：${names(atlas, gained.cities, lang)}。` : `New inside: ${names(atlas, gained.cities, lang)}.`);
  if (lost.cities.length) parts.push(zh ? `不再可达的城市中心：${names(atlas, lost.cities, lang)}。` : `No longer inside: ${names(atlas, lost.cities, lang)}.`);
  return start + parts.join(zh ? "" : " ");
}

/** What the layer rests on, a sentence each. */
export function reachRule(reach: Reach, year: number, lang: Lang): string[] {
  const about = reach.by_year[String(year)]!;
  const kilometres = about.cell_m % 1000 === 0 ? `${about.cell_m / 1000} ${lang === "zh" ? "公里" : "km"}` : `${about.cell_m} ${lang === "zh" ? "米" : "m"}`;
  const rules = [
    say(lang, "reachMedian", { window: about.window.join("–") }),
    say(lang, "reachGround", { rule: reach.ground[lang], minutes: Math.round(about.max_walk_time_s / 60) }),
  ];
  if (about.change_time_s?.length) rules.push(say(lang, "ruleChange", { minutes: [...new Set(about.change_time_s.map((value) => Math.round(value / 60)))].join("–") }));
  if (about.typical_departures) rules.push(say(lang, "ruleTypicalDepartures"));
  rules.push(say(lang, "reachCells", { cell: kilometres, metres: reach.simplified_m }));
  if (reach.on_land) rules.push(say(lang, "reachLand"));
  return rules;
}

/** The command that writes the outlines as they are computed. */
export function reachCommand(atlas: Atlas, reach: Reach): string {
  const first = atlas.years[0]!;
  const last = atlas.years[atlas.years.length - 1]!;
  const { window } = reach.by_year[String(last)]!;
  const against = first === last ? "" : ` --against ${first}`;
  return `megaregion isochrone ${reach.station.id} --year ${last}${against} --cutoffs ${reach.cutoffs_s.map((seconds) => seconds / 60).join(",")} --window ${window.join("-")} -o reach.gpkg`;
}

/** People in the unit of the table: millions, or 万; with the number of cities. */
export function peopleCell(one: ReachFigures, lang: Lang, sign = ""): string {
  if (!one.cities.length) return "0";
  const unit = lang === "zh" ? 1e4 : 1e6;
  const digits = lang === "zh" ? 0 : 1;
  const people = one.people === null ? "?" : new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(one.people / unit);
  return `${sign}${people} (${one.cities.length})`;
}

let loading: Promise<Outlines> | null = null;

/** Load the outlines: as a script, for a page opened from disk may read no other file. A failure may be tried again. */
export function loadOutlines(reach: Reach): Promise<Outlines> {
  loading ??= new Promise<Outlines>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = reach.file;
    script.onload = () => (window.MEGAREGION_REACH ? resolve(window.MEGAREGION_REACH) : reject(new Error(reach.file)));
    script.onerror = () => reject(new Error(reach.file));
    document.head.append(script);
  }).catch((problem: unknown) => {
    loading = null;
    throw problem;
  });
  return loading;
}
