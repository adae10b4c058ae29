/** The big number, what it is of, and one sentence written from the numbers. */
import type { Status } from "./contract";
import { gainSentence } from "./gains";
import { formatCount, formatDifference, formatMinutes, formatPeople, formatSigned, formatTime, formatUnit } from "./format";
import { isChange, isTime, median, summaryOf, type Lens, type Model, type Reading } from "./model";
import type { Lang, State } from "./state";
import { cityName, detailText, during, noneText, say, stateName } from "./words";

export interface Headline {
  figure: string;
  of: string;
  /** The states behind it, shortest form. */
  then: string;
  sentence: string;
  status: Status | null;
}

/** Cities are counted within this time in the sentence of a city. */
const NEAR_S = { train: 7200, journey: 10800 };

export function headline(model: Model, lens: Lens, state: State): Headline {
  const { shape } = lens.measure;
  const { city, to } = state;
  const status = model.status(lens, shape === "city" ? city : null);
  if (shape === "value") return { ...regionHeadline(model, lens, state.lang), status };
  if (shape === "pair" && (city === null || to !== null)) {
    if (city !== null && to !== null) return { ...pairHeadline(model, lens, state.lang, city, to), status };
    const most = lens.difference && lens.now?.kind === "scenario" ? mostChanged(model, lens) : null;
    const words = pairHeadline(model, lens, state.lang, ...(most ?? model.atlas.headline));
    return { ...words, of: most ? `${words.of}${state.lang === "zh" ? "，" : ", "}${say(state.lang, "mostChanged")}` : words.of, status };
  }
  if (city !== null) return { ...cityHeadline(model, lens, state.lang, city), status };
  return { ...allHeadline(model, lens, state.lang), status };
}

/** Pair that a scenario changes most; null where it changes none. */
export function mostChanged(model: Model, lens: Lens): [number, number] | null {
  let [found, most]: [[number, number] | null, number] = [null, 0];
  for (let from = 0; from < model.n; from += 1) {
    for (let to = 0; to < model.n; to += 1) {
      const one = model.pair(lens, from, to);
      if (one.kind === "value" && Math.abs(one.value) > most) [found, most] = [[from, to], Math.abs(one.value)];
    }
  }
  return found;
}

/** A value as people read it; a change with its sign. */
export function formatValue(value: number, lens: Lens, lang: Lang): string {
  const { unit } = lens.measure;
  return lens.difference ? formatDifference(value, unit, lang) : isChange(lens.measure) ? formatSigned(value, unit, lang) : formatUnit(value, unit, lang);
}

/** `between +0.1% and +2.8%`; blank where a value has no band. */
export function bandText(model: Model, lens: Lens, lang: Lang, at: number): string {
  const band = model.band(lens, at);
  return band ? say(lang, "band", { low: formatValue(band[0], lens, lang), high: formatValue(band[1], lens, lang) }) : "";
}

/** A reading in words. */
export function describe(reading: Reading, lens: Lens, lang: Lang, of: "pair" | "city" = "pair"): string {
  if (reading.kind === "value") return formatValue(reading.value, lens, lang);
  if (reading.kind === "none") return noneText(lens.measure, lang, of);
  // a city's own value is a median over the others: it begins and ends where half of them are reached
  const median = of === "city";
  if (reading.kind === "gained") return say(lang, median ? "gainedMedian" : "gained", { before: lens.before ? stateName(lens.before, lang) : "" });
  if (reading.kind === "lost") return say(lang, median ? "lostMedian" : "lost", { after: lens.now ? stateName(lens.now, lang) : "" });
  return reading.kind === "nodata" ? say(lang, "nodata") : "";
}

type Read = (lens: Lens) => Reading;

/** `2012: 49 min · change −4 min`. */
function thenText(model: Model, lens: Lens, lang: Lang, of: "pair" | "city", read: Read): string {
  if (!lens.before || !lens.now) return "";
  const one = (at: "now" | "before") => {
    const plain = model.plain(lens, at);
    const name = stateName(plain.now!, lang);
    return `${name}${lang === "zh" && plain.now!.kind === "year" ? "年：" : lang === "zh" ? "：" : ": "}${describe(read(plain), plain, lang, of)}`;
  };
  if (lens.difference) return `${one("before")} · ${one("now")}`;
  const difference = read({ ...lens, difference: true });
  return difference.kind === "value" ? `${one("before")} · ${formatDifference(difference.value, lens.measure.unit, lang)}` : one("before");
}

/** `, 4 min less than in 2012 (49 min)`; blank where nothing is compared. */
function against(model: Model, lens: Lens, lang: Lang, read: Read): string {
  if (!lens.before) return "";
  const { unit } = lens.measure;
  const [now, before] = [read(model.plain(lens)), read(model.plain(lens, "before"))];
  const zh = lang === "zh";
  const then = during(lens.before, lang);
  if (before.kind === "nodata" || now.kind !== "value") return "";
  const none = noneText(lens.measure, lang, "pair");
  if (before.kind !== "value") return zh ? `，${then.replace(/，$/, "")}${none}` : `; ${then}: ${none}`;
  const change = read({ ...lens, difference: true });
  if (change.kind !== "value") return "";
  const was = amount(before.value, lens, lang);
  const difference = lens.measure.unit === "trains/day" ? formatCount(Math.abs(change.value), lang) : formatDifference(Math.abs(change.value), unit, lang).replace(/^[+±]/, "");
  if (formatDifference(change.value, unit, lang).startsWith("±")) return zh ? `，与${then.replace(/，$/, "")}相同` : `, the same as ${then}`;
  const down = change.value < 0;
  const counted = lens.measure.unit === "trains/day" ? "列" : "";
  if (zh) return `，比${then.replace(/，$/, "")}（${was}${counted}）${isTime(lens.measure) ? (down ? "缩短" : "延长") : down ? "减少" : "增加"}${difference}${counted}`;
  const word = lens.measure.unit === "trains/day" && down ? "fewer" : down ? "less" : "more";
  return `, ${difference} ${word} than ${then} (${was})`;
}

function pairHeadline(model: Model, lens: Lens, lang: Lang, from: number, to: number): Omit<Headline, "status"> {
  const { atlas } = model;
  const [a, b] = [cityName(atlas, from, lang), cityName(atlas, to, lang)];
  const read: Read = (one) => model.pair(one, from, to);
  return {
    figure: describe(read(lens), lens, lang),
    of: `${a}–${b}${lang === "zh" ? "，" : ", "}${titled(lens, lang)}`,
    then: thenText(model, lens, lang, "pair", read),
    sentence: pairSentence(model, lens, lang, [from, to], [a, b], read),
  };
}

function titled(lens: Lens, lang: Lang): string {
  const title = lens.measure.title[lang];
  return lang === "en" ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}

function pairSentence(model: Model, lens: Lens, lang: Lang, pair: [number, number], [a, b]: [string, string], read: Read): string {
  const zh = lang === "zh";
  const now = model.plain(lens);
  const reading = read(now);
  const when = during(now.now, lang);
  const title = titled(lens, lang);
  if (reading.kind === "nodata") return zh ? `${when}没有${a}到${b}的数据。` : `${capital(`${when} there are no data from ${a} to ${b}`.trim())}.`;
  if (reading.kind === "none") {
    const typical = model.measure("typical_time");
    const other = typical && now.now ? model.pair({ ...now, measure: typical, variant: typical.default }, ...pair) : null;
    const rest = other?.kind === "value" && lens.measure.name !== "typical_time" ? (zh ? `；典型行程含换乘${formatTime(other.value, lang)}` : `; the typical journey with changes takes ${formatTime(other.value, lang)}`) : "";
    return zh ? `${when}${a}到${b}${noneText(lens.measure, lang, "pair")}${rest}。` : `${capital(when)}, ${a} to ${b}: ${noneText(lens.measure, lang, "pair")}${rest}.`;
  }
  const value = reading.kind === "value" ? amount(reading.value, lens, lang) : "";
  const compared = against(model, lens, lang, read);
  if (lens.measure.unit === "trains/day") return zh ? `${when}${a}到${b}每日直达列车${value}列${compared}。` : `${capital(when)}, ${value} direct trains a day ran from ${a} to ${b}${compared}.`;
  const counts = model.measure("direct_trains");
  const trains = counts && now.now && lens.measure.name === "fastest_train" ? model.pair({ ...now, measure: counts, variant: counts.default }, ...pair) : null;
  const often = trains?.kind === "value" ? (zh ? `；每日直达列车${formatCount(trains.value, lang)}列` : `; ${formatCount(trains.value, lang)} direct trains ran a day`) : "";
  if (!isTime(lens.measure)) return zh ? `${when}${a}与${b}：${title}${value}${compared}。` : `${capital(`${when} ${a} and ${b}: ${title} ${value}`.trim())}${compared}.`;
  if (zh) return `${when}${a}到${b}的${title}用时${value}${compared}${often}。`;
  return `${capital(when)} the ${title} from ${a} to ${b} took ${value}${compared}${often}.`;
}

/** In a sentence that names the unit itself, trains are a mere number. */
function amount(value: number, lens: Lens, lang: Lang): string {
  return lens.measure.unit === "trains/day" ? formatCount(value, lang) : formatUnit(value, lens.measure.unit, lang);
}

function cityHeadline(model: Model, lens: Lens, lang: Lang, at: number): Omit<Headline, "status"> {
  const { atlas } = model;
  const zh = lang === "zh";
  const name = cityName(atlas, at, lang);
  const read: Read = (one) => model.city(one, at);
  const what = lens.measure.shape === "pair" ? say(lang, summaryOf(lens.measure)) : titled(lens, lang);
  const city = atlas.cities[at]!;
  const people = city.population === null ? "" : say(lang, "people", { n: formatPeople(city.population, lang), year: city.population_year ?? "" });
  const start = people ? (zh ? `${name}，${people}。` : `${name}: ${people}. `) : "";
  return {
    figure: describe(read(lens), lens, lang, "city"),
    of: zh ? `${name}：${what}` : `${name}: ${what}`,
    then: thenText(model, lens, lang, "city", read),
    sentence: start + (lens.measure.shape === "pair" ? reachSentence(model, lens, lang, at) : placeSentence(model, lens, lang, at, read)),
  };
}

/** How many cities lie within some hours, or have a direct train. */
function reachSentence(model: Model, lens: Lens, lang: Lang, at: number): string {
  const zh = lang === "zh";
  const now = model.plain(lens);
  const when = during(now.now, lang);
  if (Number.isNaN(model.summary(now, at))) return zh ? `${when}没有数据。` : `There are no data ${when}.`;
  const time = isTime(lens.measure);
  const limit = lens.measure.name.endsWith("_train") ? NEAR_S.train : NEAR_S.journey;
  const count = model.within(now, at, limit);
  const others = model.n - 1;
  const before = lens.before ? model.within(model.plain(lens, "before"), at, limit) : null;
  const was = before === null ? "" : zh ? `（${during(lens.before, lang).replace(/，$/, "")}为${before}个）` : ` (${before} ${during(lens.before, lang)})`;
  if (lens.measure.unit !== "trains/day" && !time) return zh ? `${when}与其余${others}个城市中的${count}个有正值${was}。` : `${capital(`${when} above zero with ${count} of ${others} other cities`.trim())}${was}.`;
  if (!time) return zh ? `${when}有直达列车通往其余${others}个城市中的${count}个${was}。` : `${capital(when)}, direct trains ran to ${count} of ${others} other cities${was}.`;
  const hours = formatTime(limit, lang);
  return zh
    ? `${when}按“${lens.measure.title.zh}”，${hours}内可达其余${others}个城市中的${count}个${was}。`
    : `${capital(when)}, ${count} of ${others} other cities ${count === 1 ? "was" : "were"} within ${hours} by ${titled(lens, lang)}${was}.`;
}

function placeSentence(model: Model, lens: Lens, lang: Lang, at: number, read: Read): string {
  const zh = lang === "zh";
  const now = model.plain(lens);
  const reading = read(now);
  const when = during(now.now, lang);
  if (reading.kind !== "value") return zh ? `${when}${describe(reading, now, lang, "city")}。` : `${capital(when)}: ${describe(reading, now, lang, "city")}.`;
  const rank = model.rank(now, at);
  const place = rank ? (zh ? `，在${rank.of}个城市中列第${rank.place}位` : `, number ${rank.place} of ${rank.of} cities`) : "";
  const band = bandText(model, now, lang, at);
  const value = formatValue(reading.value, now, lang) + (band ? (zh ? `（${band}）` : ` (${band})`) : "");
  const title = lens.measure.title[lang];
  return zh ? `${when}${title}${choiceText(lens, lang)}为${value}${place}${against(model, lens, lang, read)}。` : `${title}${choiceText(lens, lang)} ${when}: ${value}${place}${against(model, lens, lang, read)}.`;
}

/** ` (90 min)` where the measure has a choice. */
export function choiceText(lens: Lens, lang: Lang): string {
  const { choice } = lens.measure;
  if (!choice) return "";
  const text = choice.name === "minutes" ? formatMinutes(Number(lens.variant), lang) : lens.variant;
  return lang === "zh" ? `（${text}）` : ` (${text})`;
}

/** No city is chosen: the total of amounts, else the median, and who leads. */
function allHeadline(model: Model, lens: Lens, lang: Lang): Omit<Headline, "status"> {
  const zh = lang === "zh";
  const { atlas } = model;
  const total = lens.measure.draw === "circles";
  const valuesOf = (one: Lens) => {
    const own = one.difference ? [model.plain(one, "before"), model.plain(one)] : [one];
    return atlas.cities.map((_, at) => at).filter((at) => own.every((each) => Number.isFinite(model.summary(each, at))));
  };
  const both = lens.before ? valuesOf({ ...lens, difference: true }) : null;
  const sum = (one: Lens, cities: number[]) => {
    const values = cities.map((at) => model.summary(one, at));
    return total ? values.reduce((all, value) => all + value, 0) : median(values);
  };
  const now = model.plain(lens);
  const cities = lens.difference && both ? both : valuesOf(now);
  const { unit } = lens.measure;
  const compared = both?.length && lens.before ? sum(now, both) - sum(model.plain(lens, "before"), both) : null;
  const figure = !cities.length ? say(lang, "nodata") : lens.difference ? (compared === null ? say(lang, "nodata") : formatDifference(compared, unit, lang)) : formatValue(sum(now, cities), now, lang);
  const of = `${lens.measure.title[lang]}${choiceText(lens, lang)}${zh ? "，" : ", "}${say(lang, total ? "totalOf" : lens.measure.shape === "zone" ? "medianOfZones" : "medianOf", { n: cities.length })}`;
  // a change is that of the cities known on both sides, which may be fewer than those of the figure above it
  const sides = both?.length && both.length !== cities.length ? `${say(lang, "knownInBoth", { n: both.length })}${zh ? "：" : ": "}` : "";
  const then = lens.before && both?.length ? `${sides}${stateName(lens.before, lang)}${zh ? "：" : ": "}${formatUnit(sum(model.plain(lens, "before"), both), unit, lang)}${compared === null || lens.difference ? "" : ` · ${formatDifference(compared, unit, lang)}`}` : "";
  return { figure, of, then, sentence: leaders(model, lens, lang) };
}

function leaders(model: Model, lens: Lens, lang: Lang): string {
  const zh = lang === "zh";
  const found = model.atlas.cities
    .map((_, at) => ({ at, reading: model.city(lens, at) }))
    .filter((one): one is { at: number; reading: { kind: "value"; value: number } } => one.reading.kind === "value")
    .sort((a, b) => a.reading.value - b.reading.value);
  const [low, high] = [found[0], found[found.length - 1]];
  if (!low || !high || low === high) return "";
  const text = (one: typeof low) => `${cityName(model.atlas, one.at, lang)}${zh ? "（" : " ("}${describe(one.reading, lens, lang, "city")}${zh ? "）" : ")"}`;
  const when = lens.difference ? `${stateName(lens.before!, lang)} → ${stateName(lens.now!, lang)}` : during(lens.now, lang);
  if (zh) return `${when}${lens.difference ? "：" : ""}最低的是${text(low)}，最高的是${text(high)}。`;
  return `${capital(when)}${when ? ": " : ""}${when ? "the lowest" : "The lowest"} is ${text(low)}, the highest ${text(high)}.`;
}

function regionHeadline(model: Model, lens: Lens, lang: Lang): Omit<Headline, "status"> {
  const zh = lang === "zh";
  const read: Read = (one) => model.region(one);
  const detail = detailText(model.atlas, model.held(model.plain(lens))?.details ?? {}, lang);
  const title = lens.measure.title[lang];
  const now = model.plain(lens);
  const band = bandText(model, now, lang, 0);
  const value = describe(read(now), now, lang, "city") + (band ? (zh ? `（${band}）` : ` (${band})`) : "");
  const when = during(lens.now, lang);
  return {
    figure: describe(read(lens), lens, lang, "city"),
    of: [title + choiceText(lens, lang), detail].filter(Boolean).join(zh ? "，" : ", "),
    then: thenText(model, lens, lang, "city", read),
    sentence: gainSentence(model, now, lang) || (zh ? `${when}${title}为${value}${against(model, lens, lang, read)}。` : `${title}${when ? ` ${when}` : ""}: ${value}${against(model, lens, lang, read)}.`),
  };
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
