/** Readings of the matrices: a value, or the reason why there is none. */
import type { Atlas, Entry } from "./contract";
import type { MeasureName, When } from "./state";

/**
 * self: a city to itself; nodata: nothing is known; none: not reachable, or no direct train;
 * gained and lost: there is a value in the last year only, or in the first year only.
 */
export type Reading =
  | { kind: "value"; value: number }
  | { kind: "self" | "nodata" | "none" | "gained" | "lost" };

export class Model {
  readonly atlas: Atlas;
  readonly n: number;
  readonly first: number;
  readonly last: number;
  readonly #matrices = new Map<string, Float64Array>();

  constructor(atlas: Atlas) {
    this.atlas = atlas;
    this.n = atlas.cities.length;
    this.first = atlas.years[0]!;
    this.last = atlas.years[atlas.years.length - 1]!;
    for (const year of atlas.years) {
      for (const [name, entries] of Object.entries(atlas.by_year[String(year)]!.matrices)) {
        this.#matrices.set(`${year} ${name}`, decode(entries));
      }
    }
  }

  has(year: number, matrix: string): boolean {
    return this.#matrices.has(`${year} ${matrix}`);
  }

  /** One entry: NaN = no data, Infinity = not reachable. */
  entry(year: number, matrix: string, from: number, to: number): number {
    return this.#matrices.get(`${year} ${matrix}`)?.[from * this.n + to] ?? NaN;
  }

  /** Reading of a pair. */
  pair(when: When, measure: MeasureName, from: number, to: number): Reading {
    if (from === to) return { kind: "self" };
    if (when !== "difference") return reading(this.entry(when, measure, from, to), measure);
    return change(this.entry(this.first, measure, from, to), this.entry(this.last, measure, from, to), measure);
  }

  /** Reading of a city: median time to all others, or direct trains to all others together. */
  city(when: When, measure: MeasureName, from: number): Reading {
    if (when !== "difference") return reading(this.summary(when, measure, from), measure);
    return change(this.summary(this.first, measure, from), this.summary(this.last, measure, from), measure);
  }

  /** As `city` for one year, as a number. */
  summary(year: number, measure: MeasureName, from: number): number {
    const known = this.#others(from)
      .map((to) => this.entry(year, measure, from, to))
      .filter((value) => !Number.isNaN(value));
    if (!known.length) return NaN;
    return measure === "trains" ? known.reduce((sum, value) => sum + value, 0) : median(known);
  }

  /** How many other cities are within so many seconds. */
  within(year: number, measure: MeasureName, from: number, limit_s: number): number {
    return this.#others(from).filter((to) => this.entry(year, measure, from, to) <= limit_s).length;
  }

  /** How many other cities have a direct train, or are reachable. */
  reached(year: number, measure: MeasureName, from: number): number {
    const counts = (value: number) => (measure === "trains" ? value > 0 : Number.isFinite(value));
    return this.#others(from).filter((to) => counts(this.entry(year, measure, from, to))).length;
  }

  /** All values that a map of this kind can show, over all years, so that years share their classes. */
  values(when: When, measure: MeasureName, of: "pairs" | "cities"): number[] {
    const found: number[] = [];
    const whens: When[] = when === "difference" ? ["difference"] : this.atlas.years;
    for (const each of whens) {
      for (let from = 0; from < this.n; from += 1) {
        const readings =
          of === "cities" ? [this.city(each, measure, from)] : this.#others(from).map((to) => this.pair(each, measure, from, to));
        for (const one of readings) if (one.kind === "value") found.push(one.value);
      }
    }
    return found;
  }

  #others(from: number): number[] {
    return Array.from({ length: this.n }, (_, to) => to).filter((to) => to !== from);
  }
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

function reading(value: number, measure: MeasureName): Reading {
  if (Number.isNaN(value)) return { kind: "nodata" };
  if (!Number.isFinite(value) || (measure === "trains" && value === 0)) return { kind: "none" };
  return { kind: "value", value };
}

/** Last less first; times by the whole minutes that are shown, so that the difference is that of the figures beside it. */
export function change(before: number, after: number, measure: MeasureName): Reading {
  if (Number.isNaN(before) || Number.isNaN(after)) return { kind: "nodata" };
  if (Number.isFinite(before) && Number.isFinite(after)) {
    const shown = (value: number) => (measure === "trains" ? value : Math.round(value / 60) * 60);
    return { kind: "value", value: shown(after) - shown(before) };
  }
  if (Number.isFinite(after)) return { kind: "gained" };
  return { kind: Number.isFinite(before) ? "lost" : "none" };
}
