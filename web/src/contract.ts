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
