/** The land reached from a point: worked out from the journeys of the atlas, then, now, and in both. */
import type { Atlas } from "./contract";
import { Isochrones, loadStationTimes, type Field } from "./isochrone";
import { Land } from "./land";
import type { Exact } from "./live";
import type { State } from "./state";

/** Reached before, reached now, in both, only now, only before. */
export type Kind = "then" | "now" | "kept" | "gained" | "lost";

/** Fill, outline and sign of each part: blue before, red now, both purple; never told apart by colour alone. */
export const LOOK: Record<Kind, { fill: string; edge: string; dashed: boolean; pattern: "" | "reach-plus" | "reach-minus" }> = {
  then: { fill: "#b5d0e8", edge: "#1f5c9e", dashed: true, pattern: "" },
  now: { fill: "#f3bfae", edge: "#a3201f", dashed: false, pattern: "" },
  kept: { fill: "#d3c4e3", edge: "#542788", dashed: false, pattern: "" },
  gained: { fill: "#f3bfae", edge: "#a3201f", dashed: false, pattern: "reach-plus" },
  lost: { fill: "#b5d0e8", edge: "#1f5c9e", dashed: true, pattern: "reach-minus" },
};

export interface ZoneAsk {
  lon: number;
  lat: number;
  percentile: number;
  cutoff: number;
  /** State ids; before only where the two are compared. */
  now: string;
  before: string | null;
  difference: boolean;
}

export interface ZonePart {
  kind: Kind;
  shape: GeoJSON.MultiPolygon;
  area_km2: number;
}

export interface ZoneResult {
  ask: ZoneAsk;
  parts: ZonePart[];
  /** Travel time to each city centre, s; before only where the two are compared. */
  times: number[];
  timesBefore: number[] | null;
  /** What the server found in the place of the page. */
  exact?: Exact;
}

/** Cities whose centre is reached now, or before: by the server's outlines where there are any, else by their times. */
export function reaches(atlas: Atlas, { ask, times, timesBefore, exact }: ZoneResult, at: number, side: "now" | "before" = "now"): boolean {
  if (exact) return (side === "now" ? exact.inside : exact.insideBefore).includes(atlas.cities[at]!.id);
  return ((side === "now" ? times : timesBefore)?.[at] ?? Infinity) <= ask.cutoff * 60;
}

/** Where isochrones begin: the chosen point, or the station of the atlas, or the first city of the headline. */
export function startOf(atlas: Atlas, state: State): [number, number] {
  if (state.point) return state.point;
  const station = stationAt(atlas);
  if (station) return [station[2], station[3]];
  const city = atlas.cities[atlas.headline[1]]!;
  return [city.lon, city.lat];
}

/** Name of the start where it is a station or a city centre. */
export function startName(atlas: Atlas, state: State): { en: string; zh: string } | null {
  const [lon, lat] = startOf(atlas, state);
  const near = (x: number, y: number) => Math.abs(x - lon) < 0.002 && Math.abs(y - lat) < 0.002;
  const city = atlas.cities.find((one) => near(one.lon, one.lat));
  if (city) return { en: city.name_en, zh: city.name };
  const station = atlas.stations.find((one) => near(one[2], one[3]));
  return station ? { en: station[1] ?? station[0], zh: station[0] } : null;
}

function stationAt(atlas: Atlas) {
  const name = atlas.isochrones?.start?.replace(/^[^:]*:/, "");
  return atlas.stations.find((station) => station[0] === name);
}

/** State that is looked at and the one before it, among those that have journeys. */
export function zoneStates(atlas: Atlas, state: State): { now: string; before: string | null } {
  const keys = atlas.isochrones?.states.map((one) => one.key) ?? [];
  const known = atlas.states.filter((one) => keys.includes(one.id));
  const years = known.filter((one) => one.kind === "year");
  const last = years[years.length - 1] ?? known[0];
  const chosen = known.find((one) => one.id === state.state && one.kind !== "base") ?? last;
  if (!chosen) return { now: "", before: null };
  if (chosen.kind !== "year") return { now: chosen.id, before: chosen.before };
  const first = years[0]!;
  if (chosen !== first) return { now: chosen.id, before: first.id };
  return state.compare === "none" || last === first || !last ? { now: chosen.id, before: null } : { now: last.id, before: chosen.id };
}

export class Zone {
  readonly #atlas: Atlas;
  readonly land: Land;
  #engine: Isochrones | null = null;
  readonly #fields = new Map<string, Field>();
  #last: ZoneResult | null = null;

  constructor(atlas: Atlas) {
    this.#atlas = atlas;
    this.land = new Land(atlas.base);
  }

  get ready(): boolean {
    return this.#engine !== null;
  }

  async load(): Promise<void> {
    if (this.#engine || !this.#atlas.isochrones) return;
    const data = await loadStationTimes(this.#atlas.isochrones);
    this.#engine ??= new Isochrones(this.#atlas.isochrones, data);
  }

  find(ask: ZoneAsk): ZoneResult | null {
    const engine = this.#engine;
    if (!engine) return null;
    if (this.#last && JSON.stringify(this.#last.ask) === JSON.stringify(ask)) return this.#last;
    const now = this.#field(ask, ask.now);
    const before = ask.difference && ask.before ? this.#field(ask, ask.before) : null;
    const part = (kind: Kind, shape: GeoJSON.MultiPolygon): ZonePart => ({ kind, shape, area_km2: this.land.areaKm2(shape) });
    let parts: ZonePart[];
    if (before) {
      const { kept, gained, lost } = engine.compare(before, now, ask.cutoff);
      parts = [part("kept", kept), part("gained", gained), part("lost", lost)];
    } else {
      parts = [part(this.#isBefore(ask.now) ? "then" : "now", engine.contours(now, [ask.cutoff])[0]!)];
    }
    const times = (field: Field) => this.#atlas.cities.map((city) => engine.timeTo(field, city.lon, city.lat));
    this.#last = { ask, parts, times: times(now), timesBefore: before ? times(before) : null };
    return this.#last;
  }

  /** Blue is for what is compared with: the first year, and the bases of scenarios. */
  #isBefore(id: string): boolean {
    const state = this.#atlas.states.find((one) => one.id === id);
    const first = this.#atlas.states.find((one) => one.kind === "year" && one.timetable);
    return state?.kind === "base" || (state === first && this.#atlas.states.filter((one) => one.kind === "year" && one.timetable).length > 1);
  }

  #field(ask: ZoneAsk, state: string): Field {
    const key = `${ask.lon} ${ask.lat} ${ask.percentile} ${state}`;
    let found = this.#fields.get(key);
    if (!found) {
      if (this.#fields.size > 12) this.#fields.clear();
      this.#fields.set(key, (found = this.#engine!.from(ask.lon, ask.lat, state, ask.percentile)));
    }
    return found;
  }
}

export function zoneFeatures(parts: ZonePart[]): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: parts.filter((part) => part.shape.coordinates.length).map((part) => ({ type: "Feature", properties: { kind: part.kind, ...LOOK[part.kind] }, geometry: part.shape })),
  };
}
