/** Readings of measures: a value, or the reason why there is none. */
import type { Atlas, Entry, Measure, RegionState, StateValues, Status } from "./contract";
import type { State } from "./state";

export const ALWAYS = "always";

/**
 * self: a city to itself; nodata: nothing is known; none: not reachable, or no direct train;
 * gained and lost: there is a value after only, or before only.
 */
export type Reading =
  | { kind: "value"; value: number }
  | { kind: "self" | "nodata" | "none" | "gained" | "lost" };

/** What is read: a measure in a state, or its difference from the state before. */
export interface Lens {
  measure: Measure;
  variant: string;
  /** State that is looked at; null = the measure does not depend on one. */
  now: RegionState | null;
  /** State that it is compared with; null = none has this measure. */
  before: RegionState | null;
  difference: boolean;
}

export class Model {
  readonly atlas: Atlas;
  readonly n: number;
  readonly #decoded = new Map<StateValues, Float64Array>();
  #zones: Model | null = null;

  constructor(atlas: Atlas) {
    this.atlas = atlas;
    this.n = atlas.cities.length;
  }

  /** The same over the places of a measure: where it has a value for each zone, these stand in the place of cities. */
  of(lens: Lens | null): Model {
    if (lens?.measure.shape !== "zone") return this;
    return (this.#zones ??= new Model({ ...this.atlas, cities: this.atlas.zones, cells: [] }));
  }

  measure(name: string): Measure | null {
    return this.atlas.measures.find((measure) => measure.name === name) ?? null;
  }

  state(id: string | null): RegionState | null {
    return this.atlas.states.find((state) => state.id === id) ?? null;
  }

  /** States in which a measure has values; the bases of scenarios are not offered, only compared with. */
  statesOf(measure: Measure, bases = false): RegionState[] {
    const held = measure.values[measure.default] ?? {};
    return this.atlas.states.filter((state) => state.id in held && (bases || state.kind !== "base"));
  }

  /** The state that is shown where one is wanted that the measure may not have: the same year, or the nearest. */
  nearest(measure: Measure, wanted: string): RegionState | null {
    const states = this.statesOf(measure);
    const same = states.find((state) => state.id === wanted);
    if (same) return same;
    const year = this.state(wanted)?.year ?? Infinity;
    const years = states.filter((state) => state.kind === "year");
    return years.reduce<RegionState | null>((best, state) => (best === null || Math.abs(state.year - year) <= Math.abs(best.year - year) ? state : best), null) ?? states[0] ?? null;
  }

  /** What is compared when a state is looked at: a scenario with its base, a year with the first one; the first with the last. */
  comparison(measure: Measure, state: RegionState): [RegionState, RegionState] | null {
    const held = this.statesOf(measure, true);
    const years = held.filter((one) => one.kind === "year");
    const [first, last] = [years[0], years[years.length - 1]];
    if (state.kind !== "year") {
      const before = held.find((one) => one.id === state.before);
      return before ? [before, state] : null;
    }
    if (!first || !last || first === last) return null;
    return state === first ? [first, last] : [first, state];
  }

  /** What a state of the page reads; null = no such measure has values. */
  lens(state: Pick<State, "measure" | "choice" | "state" | "compare">): Lens | null {
    const measure = this.measure(state.measure);
    if (!measure || !Object.keys(measure.values).length) return null;
    const variant = state.choice in measure.values ? state.choice : measure.default;
    const now = this.nearest(measure, state.state);
    if (!now) return ALWAYS in (measure.values[variant] ?? {}) ? { measure, variant, now: null, before: null, difference: false } : null;
    const compared = this.comparison(measure, now);
    if (!compared) return { measure, variant, now, before: null, difference: false };
    // the first year has nothing before it: compared, it stands against the last
    const turned = state.compare !== "none" && compared[1] !== now;
    return { measure, variant, now: turned ? compared[1] : now, before: compared[0] === now && !turned ? null : compared[0], difference: state.compare === "difference" };
  }

  /** The same without the difference: as it is now, or as it was before. */
  plain(lens: Lens, at: "now" | "before" = "now"): Lens {
    const now = at === "now" ? lens.now : lens.before;
    return { ...lens, now, before: now === lens.before ? null : lens.before, difference: false };
  }

  /** Values and what they rest on. */
  held(lens: Lens): StateValues | null {
    const values = lens.measure.values[lens.variant];
    return values?.[lens.now?.id ?? ALWAYS] ?? null;
  }

  status(lens: Lens, city: number | null = null): Status | null {
    const held = this.held(lens);
    if (!held) return null;
    if (city !== null && held.flags) {
      if (held.flags.illustrative?.includes(city)) return "illustrative";
      return held.flags.unverified?.includes(city) ? "unverified" : held.assumptions?.length ? "modelled" : "confirmed";
    }
    return held.status;
  }

  /** Value of a pair: NaN = no data, Infinity = not reachable. */
  entry(lens: Lens, from: number, to: number): number {
    return this.#of(lens)?.[from * this.n + to] ?? NaN;
  }

  pair(lens: Lens, from: number, to: number): Reading {
    if (from === to) return { kind: "self" };
    return this.#read(lens, (one) => this.entry(one, from, to));
  }

  /** Reading of a city; of a measure of pairs the median of its times, or the sum of its trains. */
  city(lens: Lens, at: number): Reading {
    return this.#read(lens, (one) => this.summary(one, at));
  }

  /** Ends of the band of a value of a city, or of the region; null where it has none. */
  band(lens: Lens, at: number): [low: number, high: number] | null {
    const held = lens.difference ? null : this.held(lens);
    const ends = [held?.low?.[at], held?.high?.[at]];
    return ends.every((end): end is number => typeof end === "number") ? [ends[0] as number, ends[1] as number] : null;
  }

  region(lens: Lens): Reading {
    return this.#read(lens, (one) => this.#of(one)?.[0] ?? NaN);
  }

  /** Values of the region under each choice of a measure, in their order. */
  choices(lens: Lens): [variant: string, value: number][] {
    const variants = (lens.measure.choice?.values ?? []).map(String).filter((variant) => variant in lens.measure.values);
    return variants.map((variant): [string, number] => [variant, this.summary({ ...lens, variant }, 0)]).filter(([, value]) => Number.isFinite(value));
  }

  /** As `city` without a difference, as a number. */
  summary(lens: Lens, at: number): number {
    if (lens.measure.shape !== "pair") return this.#of(lens)?.[at] ?? NaN;
    const known = this.#others(at)
      .map((to) => this.entry(lens, at, to))
      .filter((value) => !Number.isNaN(value));
    if (!known.length) return NaN;
    return isTime(lens.measure) ? median(known) : known.reduce((sum, value) => sum + value, 0);
  }

  /** Place of a city among all that have a value, best first, and how many these are. */
  rank(lens: Lens, at: number): { place: number; of: number } | null {
    const own = this.summary(lens, at);
    if (!Number.isFinite(own)) return null;
    const all = this.atlas.cities.map((_, one) => this.summary(lens, one)).filter(Number.isFinite);
    const better = all.filter((value) => (lens.measure.better === "less" ? value < own : value > own));
    return { place: better.length + 1, of: all.length };
  }

  /** How many other cities are within so many seconds, or have a direct train. */
  within(lens: Lens, from: number, limit_s: number): number {
    const counts = (value: number) => (isTime(lens.measure) ? value <= limit_s : value > 0);
    return this.#others(from).filter((to) => counts(this.entry(lens, from, to))).length;
  }

  /** All values that a map of this kind can show, over all states, so that states share their classes. */
  values(lens: Lens, of: "pairs" | "cities"): number[] {
    const lenses = lens.difference ? [lens] : this.statesOf(lens.measure, true).map((now) => ({ ...lens, now }));
    const found: number[] = [];
    for (const each of lenses.length ? lenses : [lens]) {
      for (let from = 0; from < this.n; from += 1) {
        const readings = of === "cities" ? [this.city(each, from)] : this.#others(from).map((to) => this.pair(each, from, to));
        for (const one of readings) if (one.kind === "value") found.push(one.value);
      }
    }
    return found;
  }

  #of(lens: Lens): Float64Array | null {
    const all = lens.measure.values[lens.variant] ?? {};
    const held = this.held(lens);
    const source = held?.same ? all[held.same] : held;
    if (!source?.values) return null;
    let found = this.#decoded.get(source);
    if (!found) this.#decoded.set(source, (found = decode(source.values)));
    return found;
  }

  #read(lens: Lens, value: (one: Lens) => number): Reading {
    if (!lens.difference) return reading(value(lens), lens.measure);
    return change(value(this.plain(lens, "before")), value(this.plain(lens)), lens.measure);
  }

  #others(from: number): number[] {
    return Array.from({ length: this.n }, (_, to) => to).filter((to) => to !== from);
  }
}

/** Whether values are changes themselves, above or below zero. */
export function isChange(measure: Measure): boolean {
  return measure.palette === "diverging";
}

/** What the value of a city is, for a measure of pairs. */
export function summaryOf(measure: Measure): "median" | "sum" | "sumOthers" {
  return isTime(measure) ? "median" : measure.unit === "trains/day" ? "sum" : "sumOthers";
}

export function isTime(measure: Measure): boolean {
  return measure.unit === "s";
}

export function decode(entries: Entry[]): Float64Array {
  return Float64Array.from(entries, (entry) => (entry === null ? NaN : entry === "inf" ? Infinity : entry));
}

/** Middle value; of an even number the mean of the middle two, and Infinity if either is. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function reading(value: number, measure: Measure): Reading {
  if (Number.isNaN(value)) return { kind: "nodata" };
  if (!Number.isFinite(value) || (measure.unit === "trains/day" && value === 0)) return { kind: "none" };
  return { kind: "value", value };
}

/** After less before; times by the whole minutes that are shown, so that the difference is that of the figures beside it. */
export function change(before: number, after: number, measure: Measure): Reading {
  if (Number.isNaN(before) || Number.isNaN(after)) return { kind: "nodata" };
  if (Number.isFinite(before) && Number.isFinite(after)) {
    const shown = (value: number) => (isTime(measure) ? Math.round(value / 60) * 60 : value);
    return { kind: "value", value: shown(after) - shown(before) };
  }
  if (Number.isFinite(after)) return { kind: "gained" };
  return { kind: Number.isFinite(before) ? "lost" : "none" };
}
