/** What the tip says of a city or a pair that is pointed at: its name, and a line for each state that is compared. */
import { formatMinutes, formatPeople } from "./format";
import { bandText, choiceText, describe } from "./headline";
import type { Lens, Model } from "./model";
import { cityReading } from "./scene";
import type { Lang, State } from "./state";
import { cityName, say, stateName } from "./words";

export type TipWords = [string, string[]];

export function cityTip(model: Model, lens: Lens | null, { lang, city: from }: State, city: number): TipWords {
  const name = cityName(model.atlas, city, lang);
  if (!lens || lens.measure.shape === "value") return [name, []];
  const pair = lens.measure.shape === "pair" && from !== null && from !== city;
  if (lens.measure.shape === "zone") {
    const { population } = model.atlas.cities[city]!;
    const value = describe(model.city(lens, city), lens, lang, "city");
    return [name, [`${lens.measure.title[lang]}${lang === "zh" ? "：" : ": "}${value}`, ...(population === null ? [] : [say(lang, "people", { n: formatPeople(population, lang), year: model.atlas.cities[city]!.population_year ?? "" })])]];
  }
  const title = pair ? `${cityName(model.atlas, from!, lang)} → ${name}` : name;
  return [title, tipLines(model, lens, lang, (one) => {
    const band = pair ? "" : bandText(model, one, lang, city);
    return describe(cityReading(model, one, pair ? from : null, city), one, lang, pair ? "pair" : "city") + (band ? `${lang === "zh" ? "，" : ", "}${band}` : "");
  })];
}

export function pairTip(model: Model, lens: Lens, lang: Lang, from: number, to: number): TipWords {
  const name = cityName(model.atlas, from, lang);
  if (from === to) return [name, []];
  return [`${name} → ${cityName(model.atlas, to, lang)}`, tipLines(model, lens, lang, (one) => describe(model.pair(one, from, to), one, lang))];
}

/** Time to a city from the point of the isochrones, s; Infinity = not within the longest cut-off. */
export function zoneTip(model: Model, lang: Lang, city: number, time_s: number): TipWords {
  const text = Number.isFinite(time_s) ? formatMinutes(Math.round(time_s / 60), lang) : say(lang, "notReached", { time: formatMinutes(model.atlas.isochrones!.cutoffs_min[1], lang) });
  return [cityName(model.atlas, city, lang), [text]];
}

function tipLines(model: Model, lens: Lens, lang: Lang, text: (one: Lens) => string): string[] {
  const lenses = lens.before ? [model.plain(lens, "before"), model.plain(lens)] : [lens];
  return [lens.measure.title[lang] + choiceText(lens, lang), ...lenses.map((one) => (one.now ? `${stateName(one.now, lang)}${lang === "zh" ? "：" : ": "}${text(one)}` : text(one)))];
}
