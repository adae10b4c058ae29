/** What is looked at, and its twin in the URL hash. */
import type { Atlas } from "./contract";

export type Lang = "en" | "zh";
export type When = number | "difference";
export type MeasureName = "fastest_train" | "typical" | "trains";

export const MEASURES: readonly MeasureName[] = ["fastest_train", "typical", "trains"];

export interface State {
  year: When;
  measure: MeasureName;
  lang: Lang;
  /** Origin, a position in `cities`. */
  city: number | null;
  /** Destination; only together with `city`. */
  to: number | null;
  /** Cut-off of the reach of a station, min; null = the layer is off. */
  reach: number | null;
}

export function defaultState(atlas: Atlas, lang: Lang): State {
  return { year: atlas.years[atlas.years.length - 1]!, measure: "fastest_train", lang, city: null, to: null, reach: null };
}

/** Read a hash; whatever it does not say, or says wrongly, is as in `fallback`. */
export function parseHash(hash: string, atlas: Atlas, fallback: State): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const state: State = { ...fallback, city: null, to: null, reach: null };
  const year = given.get("year");
  if (year === "difference" && atlas.years.length > 1) state.year = "difference";
  else if (year !== null && atlas.years.includes(Number(year))) state.year = Number(year);
  const measure = MEASURES.find((name) => name === given.get("measure"));
  if (measure) state.measure = measure;
  const lang = given.get("lang");
  if (lang === "en" || lang === "zh") state.lang = lang;
  const reach = given.get("reach");
  if (reach !== null && cutoffs(atlas).includes(Number(reach))) state.reach = Number(reach);
  const position = (id: string | null) => {
    const found = id === null ? -1 : atlas.cities.findIndex((city) => city.id === id);
    return found < 0 ? null : found;
  };
  state.city = position(given.get("city"));
  const to = position(given.get("to"));
  if (state.city !== null && to !== null && to !== state.city) state.to = to;
  return state;
}

/** Cut-offs of the reach of a station, min; none if the atlas has no such layer. */
export function cutoffs(atlas: Atlas): number[] {
  return atlas.reach ? atlas.reach.cutoffs_s.map((seconds) => seconds / 60) : [];
}

export function formatHash(state: State, atlas: Atlas): string {
  const written = new URLSearchParams({ year: String(state.year), measure: state.measure, lang: state.lang });
  if (state.reach !== null) written.set("reach", String(state.reach));
  if (state.city !== null) written.set("city", atlas.cities[state.city]!.id);
  if (state.city !== null && state.to !== null) written.set("to", atlas.cities[state.to]!.id);
  return `#${written}`;
}
