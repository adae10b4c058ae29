/** Names and phrases written from the data. */
import type { Atlas, Measure, RegionState } from "./contract";
import { formatCount, formatTime, shortName } from "./format";
import type { Lens } from "./model";
import type { Lang } from "./state";
import { say } from "./catalogue";

export { say, type Word } from "./catalogue";

/** Name of a city in a sentence; cities that share an English name carry their province. */
export function cityName(atlas: Atlas, at: number, lang: Lang): string {
  const city = atlas.cities[at]!;
  if (lang === "zh") return shortName(city.name);
  const twins = atlas.cities.filter((other) => other.name_en === city.name_en).length;
  return twins > 1 && city.province_en ? `${city.name_en} (${city.province_en})` : city.name_en;
}

/** `2019`, `new metro`: what the switch calls a state. */
export function stateName(state: RegionState, lang: Lang): string {
  return state.kind === "year" ? String(state.year) : state.label[lang];
}

/** `2012 timetable (Jul–Aug)`: the year, and the months where the feeds name part of a year; a scenario by its name. */
export function stateLong(state: RegionState, measure: Measure | null, lang: Lang): string {
  if (state.kind !== "year") return state.label[lang];
  if (measure && !measure.tables.includes("stop_times")) return say(lang, "figures", { year: state.year });
  const months = monthsOf(state, lang);
  const base = say(lang, "timetable", { year: state.year });
  if (!months) return base;
  return lang === "zh" ? `${base}（${months}）` : `${base} (${months})`;
}

/** `in 2019`, `with new metro`; in Chinese at the head of a sentence. */
export function during(state: RegionState | null, lang: Lang): string {
  if (!state) return "";
  if (state.kind === "year") return lang === "zh" ? `${state.year}年` : `in ${state.year}`;
  if (lang === "zh") return `在“${state.label.zh}”情景下，`;
  return state.kind === "base" ? state.label.en : `with ${state.label.en}`;
}

/** Legend title: the measure, and of which state. */
export function lensTitle(lens: Lens, lang: Lang): string {
  const title = lens.measure.title[lang];
  if (!lens.now) return title;
  const [before, now] = [lens.before ? stateName(lens.before, lang) : "", stateName(lens.now, lang)];
  const year = lang === "zh" && lens.now.kind === "year" ? "年" : "";
  if (lens.difference) return lang === "zh" ? `${title}，${before}→${now}变化` : `${title}, change ${before} → ${now}`;
  return lang === "zh" ? `${title}，${now}${year}` : `${title}, ${now}`;
}

/** Why there is no value; of a city, why its median has none. */
export function noneText(measure: Measure, lang: Lang, of: "pair" | "city"): string {
  const train = measure.name.endsWith("_train") || measure.unit === "trains/day";
  if (of === "city" && measure.shape === "pair" && measure.unit === "s") return say(lang, train ? "none_train_median" : "none_time_median");
  if (!train && measure.unit !== "s") return say(lang, "none");
  return say(lang, train ? "none_train" : "none_time");
}

/** In a cell: there is a value after only, or before only; of a median of times, half of the cities decide. */
export function changeShort(kind: "gained" | "lost", measure: Measure, lang: Lang, of: "pair" | "city"): string {
  const gained = kind === "gained";
  if (measure.unit !== "s" || measure.name.endsWith("_train")) return say(lang, gained ? "newShort" : "lostShort");
  if (of === "city" && measure.shape === "pair") return say(lang, gained ? "newMedian" : "lostMedianShort");
  return say(lang, gained ? "newTime" : "lostTime");
}

/** Parameters and further columns of a measure with one value, in words: `2 h, Shanghai`. */
export function detailText(atlas: Atlas, details: Record<string, unknown>, lang: Lang): string {
  const parts: string[] = [];
  const hub = atlas.cities.findIndex((city) => city.id === details["hub"]);
  if (hub >= 0) parts.push(lang === "zh" ? `以${cityName(atlas, hub, lang)}为中心` : `from ${cityName(atlas, hub, lang)}`);
  if (typeof details["hours"] === "number") parts.push(lang === "zh" ? `${formatTime(details["hours"] * 3600, lang)}内` : `within ${formatTime(details["hours"] * 3600, lang)}`);
  if (typeof details["cities"] === "number") parts.push(lang === "zh" ? `${formatCount(details["cities"], lang)}个城市` : `${formatCount(details["cities"], lang)} cities`);
  const unknown = details["without_length"];
  if (typeof unknown === "number" && unknown > 0) parts.push(say(lang, "atLeast", { n: unknown }));
  return parts.join(lang === "zh" ? "，" : ", ");
}

function monthsOf(state: RegionState, lang: Lang): string {
  const dates = state.feeds.flatMap((feed) => [feed.first_date, feed.last_date]).filter((date): date is string => !!date).sort();
  const [first, last] = [dates[0], dates[dates.length - 1]];
  if (!first || !last || Number(first.slice(0, 4)) !== state.year || Number(last.slice(0, 4)) !== state.year) return "";
  const [from, to] = [Number(first.slice(5, 7)), Number(last.slice(5, 7))];
  if (from === 1 && to === 12) return "";
  const month = (at: number) =>
    new Intl.DateTimeFormat(lang === "zh" ? "zh-CN" : "en", { month: "short", timeZone: "UTC" }).format(new Date(Date.UTC(state.year, at - 1, 1)));
  if (lang === "zh") return from === to ? `${from}月` : `${from}—${to}月`;
  return from === to ? month(from) : `${month(from)}–${month(to)}`;
}
