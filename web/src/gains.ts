/** What a scenario changes for people, in words; zones in the place of cities where a measure has a value for each. */
import { formatPeople, formatUnit } from "./format";
import type { Measure } from "./contract";
import { isChange, type Lens, type Model } from "./model";
import type { Lang, State } from "./state";

/** What is looked at, of the places that the measure is of: a zone has no city that could be chosen. */
export function seen(state: State, lens: Lens | null): State {
  return lens?.measure.shape === "zone" ? { ...state, city: null, to: null } : state;
}

/** What the map shows: one value of the whole region is seen in the cities or zones that it comes from. */
export function mapped(model: Model, lens: Lens): Lens {
  const { measure } = lens;
  if (measure.shape !== "value" || !(measure.change || isChange(measure))) return lens;
  const all = model.atlas.measures;
  const known = (one: Measure) => (lens.now?.id ?? "") in (one.values[one.default] ?? {});
  const cities = all.slice(all.indexOf(measure) + 1).find((one) => one.shape === "city" && one.change === measure.change && one.question === measure.question && known(one));
  const places = cities ?? (measure.change ? all.find((one) => one.change && one.shape === "zone" && known(one)) : undefined);
  return places ? { ...lens, measure: places, variant: places.default, before: null, difference: false } : lens;
}

/** `28 zones, 7.1 % of pairs of people`: what a change with one value is of; blank for other measures. */
export function gainSentence(model: Model, lens: Lens, lang: Lang): string {
  const about = model.held(lens)?.details ?? {};
  const of = (name: string) => (typeof about[name] === "number" ? (about[name] as number) : null);
  const [minutes, mean, people, share, pairs] = [of("minutes"), of("mean_gain_s"), of("of_people"), of("person_pair_share"), of("of_pairs")];
  if (!lens.measure.change || minutes === null || mean === null) return "";
  const value = model.summary(lens, 0);
  const average = (mean / 60).toFixed(1);
  const zh = lang === "zh";
  if (people !== null && share !== null) {
    const [some, all, chance] = [formatPeople(value, lang), formatPeople(people, lang), formatUnit(share, "share", lang)];
    return zh
      ? `${all}人中有${some}人所住分区到其他城市某一分区至少缩短${minutes}分钟。从两座城市各抽一人，有${chance}的人口对缩短这么多；平均缩短${average}分钟。`
      : `${some} of ${all} people live in zones that come ${minutes} min or more nearer to some zone of another city. Of pairs of people in two cities ${chance} gain as much; the mean is ${average} min.`;
  }
  if (pairs === null) return "";
  const chance = formatUnit(value, "share", lang);
  return zh
    ? `从两座城市各抽一人，两人间行程至少缩短${minutes}分钟的占${chance}：${pairs}个分区对中的${of("pairs") ?? 0}个。平均缩短${average}分钟。`
    : `Of pairs of people in two cities ${chance} come ${minutes} min or more nearer: ${of("pairs") ?? 0} of ${pairs} pairs of zones. The mean is ${average} min.`;
}
