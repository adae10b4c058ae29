/** What `megaregion.publish.atlas_data.build_atlas_data` writes into data.js; see docs/atlas.md. */

export const FORMAT = 1;

/** Seconds or trains; null = no data; "inf" = not reachable, or no direct train. */
export type Entry = number | null | "inf";

export interface City {
  id: string;
  name: string;
  name_en: string;
  province: string | null;
  province_en: string | null;
  lon: number;
  lat: number;
  population: number | null;
  population_year: number | null;
}

export interface Feed {
  feed_id: string;
  name: string | null;
  kind: string | null;
  first_date: string | null;
  last_date: string | null;
  source_id: string | null;
  status: string | null;
}

/** From station, to station, 1 if high-speed, trains a day in both directions. */
export type Line = [number, number, 0 | 1, number];

/** From station, to station, 1 if high-speed, trains a day in the first and in the last year. */
export type LineChange = [number, number, 0 | 1, number, number];

/** Local name, English name, longitude, latitude, position of its city. */
export type Station = [string, string | null, number, number, number | null];

export interface YearData {
  feeds: Feed[];
  window_s: [number, number];
  /** Row-major origin by destination, in the order of `cities`. */
  matrices: Record<string, Entry[]>;
  lines: Line[];
  provenance: Record<string, unknown>;
}

export interface Source {
  title: string | null;
  publisher: string | null;
  year: string | null;
  url: string | null;
  licence: string | null;
}

/** Land reached within a cut-off, cities whose centre lies inside, and their people (null = not known). */
export interface ReachFigures {
  area_km2: number;
  cities: number[];
  people: number | null;
}

/** What one year's outlines rest on, as the isochrones state it. */
export interface ReachYear {
  date: string;
  window: [string, string];
  max_walk_time_s: number;
  cell_m: number;
  cells: number;
  typical_departures: boolean | null;
  change_time_s: number[] | null;
}

/** The layer of what is reached from one station; `parts` are the years, and "gained" and "lost" between first and last. */
export interface Reach {
  /** Script with the outlines, loaded when the layer is switched on. */
  file: string;
  station: { id: string; name: string; name_en: string; lon: number; lat: number };
  cutoffs_s: number[];
  /** By part, one entry a cut-off. */
  parts: Record<string, ReachFigures[]>;
  /** West, south, east and north of all that is reached; null = nothing is. */
  bounds: [number, number, number, number] | null;
  /** Whether sea and lakes are cut out. */
  on_land: boolean;
  simplified_m: number;
  ground: { en: string; zh: string };
  by_year: Record<string, ReachYear>;
}

/** By part, one geometry a cut-off; null = nothing. */
export type Outlines = Record<string, (GeoJSON.Geometry | null)[]>;

export interface Atlas {
  format: number;
  title: { en: string; zh: string };
  region: { name: string; version: string };
  illustrative: boolean;
  headline: [number, number];
  cities: City[];
  order: number[];
  years: number[];
  by_year: Record<string, YearData>;
  line_change: LineChange[];
  reach: Reach | null;
  stations: Station[];
  cells: { city: number; kind: string; geometry: GeoJSON.Geometry }[];
  base: {
    layer: "land" | "water" | "river" | "border";
    name: string | null;
    name_en: string | null;
    source_id: string | null;
    geometry: GeoJSON.Geometry;
  }[];
  /** Sources of what the map draws: keys of `sources`. */
  drawn_from: string[];
  sources: Record<string, Source>;
}
