/** The big number, what it is of, and one sentence written from the numbers. */
import { formatChange, formatClock, formatCount, formatPeople, formatTime, formatValue } from "./format";
import type { Model, Reading } from "./model";
import type { Lang, MeasureName, State } from "./state";
import { cityName, say } from "./words";

export interface Headline {
  figure: string;
  of: string;
  /** The years behind it, shortest form. */
  then: string;
  sentence: string;
}

/** Cities are counted within this time in the sentence of a city. */
const REACH_S: Record<"fastest_train" | "typical", number> = { fastest_train: 7200, typical: 10800 };

export function headline(model: Model, state: State): Headline {
  const { atlas } = model;
  if (state.city !== null && state.to === null) return cityHeadline(model, state, state.city);
  const [from, to] = state.city !== null && state.to !== null ? [state.city, state.to] : atlas.headline;
  return pairHeadline(model, state, from, to);
}

/** A reading in words. */
export function describe(
  reading: Reading,
  when: State["year"],
  measure: MeasureName,
  lang: Lang,
  years: { first: number; last: number },
  of: "pair" | "city" = "pair",
): string {
  if (reading.kind === "value") {
    return when === "difference" ? formatChange(reading.value, measure, lang) : formatValue(reading.value, measure, lang);
  }
  if (reading.kind === "none") return noneText(measure, lang, of);
  if (reading.kind === "gained") return say(lang, "gained_time", years);
  if (reading.kind === "lost") return say(lang, "lost_time", years);
  return reading.kind === "nodata" ? say(lang, "nodata") : "";
}

/** Why a pair has no value; of a city, why its median has none. */
export function noneText(measure: MeasureName, lang: Lang, of: "pair" | "city"): string {
  if (measure === "typical") return say(lang, of === "city" ? "none_typical_median" : "none_typical");
  return say(lang, of === "city" && measure !== "trains" ? "none_time_median" : "none_time");
}

function pairHeadline(model: Model, state: State, from: number, to: number): Headline {
  const { lang, measure, year } = state;
  const { atlas, first, last } = model;
  const names = [cityName(atlas, from, lang), cityName(atlas, to, lang)];
  const of = `${names[0]}–${names[1]}${lang === "zh" ? "，" : ", "}${say(lang, `${measure}_long`)}`;
  const years = { first, last };
  const words = pairSentence(model, state, from, to);
  return {
    figure: describe(model.pair(year, measure, from, to), year, measure, lang, years),
    of,
    then: thenText(model, state, (when) => model.pair(when, measure, from, to), "pair"),
    sentence: words,
  };
}

function cityHeadline(model: Model, state: State, from: number): Headline {
  const { lang, measure, year } = state;
  const { atlas, first, last, n } = model;
  const name = cityName(atlas, from, lang);
  const counted = say(lang, measure === "trains" ? "sum" : "median");
  const of = lang === "zh" ? `${name}：${counted}` : `${name}: ${counted}`;
  return {
    figure: describe(model.city(year, measure, from), year, measure, lang, { first, last }, "city"),
    of,
    then: thenText(model, state, (when) => model.city(when, measure, from), "city"),
    sentence: citySentence(model, state, from, n - 1),
  };
}

function thenText(model: Model, state: State, read: (when: State["year"]) => Reading, of: "pair" | "city"): string {
  const { lang, measure, year } = state;
  const { first, last } = model;
  if (first === last) return "";
  const years = { first, last };
  const one = (when: number) => say(lang, "before", { year: when, value: describe(read(when), when, measure, lang, years, of) });
  if (year === "difference") return `${one(first)} · ${one(last)}`;
  const other = year === first ? last : first;
  const difference = read("difference");
  return difference.kind === "value" ? `${one(other)} · ${first}→${last} ${formatChange(difference.value, measure, lang)}` : one(other);
}

function pairSentence(model: Model, state: State, from: number, to: number): string {
  const { lang, measure, year } = state;
  const { atlas, first, last } = model;
  const at = year === "difference" ? last : year;
  const [a, b] = [cityName(atlas, from, lang), cityName(atlas, to, lang)];
  const now = model.entry(at, measure, from, to);
  const against = at === last && first !== last ? first : null;
  const before = against === null ? NaN : model.entry(against, measure, from, to);
  const zh = lang === "zh";
  if (Number.isNaN(now)) return zh ? `${at}年没有${a}到${b}的数据。` : `There are no data from ${a} to ${b} for ${at}.`;
  if (measure === "trains") {
    const text = zh ? `${at}年，${a}到${b}每日直达列车${formatCount(now, lang)}列` : `In ${at}, ${formatCount(now, lang)} direct trains a day ran from ${a} to ${b}`;
    return text + countAgainst(now, before, against, lang);
  }
  const fast = measure === "fastest_train";
  if (!Number.isFinite(now)) {
    const other = fast ? model.entry(at, "typical" as MeasureName, from, to) : NaN;
    const rest = Number.isFinite(other) ? (zh ? `；典型行程含换乘${formatTime(other, lang)}` : `; the typical journey with changes takes ${formatTime(other, lang)}`) : "";
    if (fast) return (zh ? `${at}年，${a}到${b}没有直达列车` : `In ${at} no direct train ran from ${a} to ${b}`) + rest + (zh ? "。" : ".");
    return zh ? `${at}年，在统计时段内从${a}无法到达${b}。` : `In ${at}, ${b} could not be reached from ${a} in the window.`;
  }
  const trains = model.entry(at, "trains", from, to);
  const [start, end] = atlas.by_year[String(at)]!.window_s.map(formatClock);
  const text = zh
    ? fast
      ? `${at}年，${a}到${b}最快的直达列车用时${formatTime(now, lang)}`
      : `${at}年，在${start}至${end}之间任意时刻从${a}出发，一半的行程在${formatTime(now, lang)}内到达${b}`
    : fast
      ? `In ${at} the fastest direct train from ${a} to ${b} took ${formatTime(now, lang)}`
      : `Leaving ${a} at any moment from ${start} to ${end} in ${at}, half of all journeys reach ${b} within ${formatTime(now, lang)}`;
  const compared = timeAgainst(now, before, against, fast, lang);
  const often = fast && trains > 0 ? (zh ? `；每日直达列车${formatCount(trains, lang)}列` : `; ${formatCount(trains, lang)} direct trains ran a day`) : "";
  return `${text}${compared}${often}${zh ? "。" : "."}`;
}

function timeAgainst(now: number, before: number, year: number | null, direct: boolean, lang: Lang): string {
  if (year === null || Number.isNaN(before)) return "";
  const zh = lang === "zh";
  if (!Number.isFinite(before)) {
    if (direct) return zh ? `，${year}年没有直达列车` : `, where ${year} had no direct train`;
    return zh ? `，${year}年不可达` : `, which could not be reached in ${year}`;
  }
  const minutes = Math.round(now / 60) - Math.round(before / 60);
  const size = formatTime(Math.abs(minutes) * 60, lang);
  if (minutes === 0) return zh ? `，与${year}年相同` : `, the same as in ${year}`;
  if (zh) return `，比${year}年（${formatTime(before, lang)}）${minutes < 0 ? "缩短" : "延长"}${size}`;
  return `, ${size} ${minutes < 0 ? "less" : "more"} than in ${year} (${formatTime(before, lang)})`;
}

function countAgainst(now: number, before: number, year: number | null, lang: Lang): string {
  const zh = lang === "zh";
  const stop = zh ? "。" : ".";
  if (year === null || Number.isNaN(before)) return stop;
  const size = formatCount(Math.abs(now - before), lang);
  if (now === before) return (zh ? `，与${year}年相同` : `, as many as in ${year}`) + stop;
  if (zh) return `，比${year}年（${formatCount(before, lang)}列）${now > before ? "增加" : "减少"}${size}列。`;
  return `, ${size} ${now > before ? "more" : "fewer"} than in ${year} (${formatCount(before, lang)}).`;
}

function citySentence(model: Model, state: State, from: number, others: number): string {
  const { lang, measure, year } = state;
  const { atlas, first, last } = model;
  const at = year === "difference" ? last : year;
  const against = at === last && first !== last ? first : null;
  const name = cityName(atlas, from, lang);
  const zh = lang === "zh";
  const city = atlas.cities[from]!;
  const people = city.population === null ? "" : say(lang, "people", { n: formatPeople(city.population, lang), year: city.population_year ?? "" });
  const start = people ? (zh ? `${name}，${people}。` : `${name}: ${people}. `) : "";
  if (Number.isNaN(model.summary(at, measure, from))) return start + (zh ? `${at}年没有数据。` : `There are no data for ${at}.`);
  const count = (when: number) => (measure === "trains" ? model.reached(when, measure, from) : model.within(when, measure, from, REACH_S[measure]));
  const before = against === null ? "" : zh ? `（${against}年为${count(against)}个）` : ` (${count(against)} in ${against})`;
  if (measure === "trains") {
    return start + (zh ? `${at}年有直达列车通往其余${others}个城市中的${count(at)}个${before}。` : `In ${at} direct trains ran to ${count(at)} of ${others} other cities${before}.`);
  }
  const limit = formatTime(REACH_S[measure], lang);
  const means = zh ? (measure === "typical" ? "按典型行程" : "乘直达列车") : measure === "typical" ? "by a typical journey" : "by direct train";
  return start + (zh
    ? `${at}年${means}，${limit}内可达其余${others}个城市中的${count(at)}个${before}。`
    : `In ${at}, ${count(at)} of ${others} other cities ${count(at) === 1 ? "was" : "were"} within ${limit} ${means}${before}.`);
}
