/** What `data.js` holds; written by `publish/atlas_data.py`, described in docs/atlas.md. */
import type { IsochroneFigures } from "./isochrone";
import type { ScenarioAsk } from "./live";
import type { Spellings } from "./search";

export const FORMAT = 2;

export interface Words {
  en: string;
  zh: string;
}

/** In the unit of the measure; null = no data; "inf" = not reachable, or no direct train. */
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

/** From station, to station, group (1 = high-speed, 2 = metro, 0 = other), trains a day in both directions. */
export type Line = [number, number, 0 | 1 | 2, number];

/** From station, to station, group, trains a day before and after. */
export type LineChange = [number, number, 0 | 1 | 2, number, number];

/** Local name, English name, longitude, latitude, position of its city. */
export type Station = [string, string | null, number, number, number | null];

/** A year, a scenario, or the base that a scenario is compared with. */
export interface RegionState {
  id: string;
  kind: "year" | "scenario" | "base";
  label: Words;
  year: number;
  /** State that it is compared with. */
  before: string | null;
  /** Whether trains run in it; a year may have figures of cities only. */
  timetable: boolean;
  comment: string;
  feeds: Feed[];
  lines: Line[];
  /** Against `before`. */
  line_change: LineChange[];
  /** A line that the reader drew: what the server was asked. Never in data.js. */
  drawn?: ScenarioAsk;
}

export interface Question {
  id: string;
  words: Words;
  measures: string[];
  /** What it opens with, where not with the last year. */
  opens: { state?: string; compare?: string };
}

/** Best first; only results are modelled, and never rows. */
export type Status = "confirmed" | "modelled" | "unverified" | "illustrative";

/** Rows that a value rests on: their table, source, year, vintage and status. */
export interface Input {
  table: string;
  source_id?: string;
  year?: number;
  vintage?: string;
  /** In Chinese, where it is known in it. */
  vintage_zh?: string;
  status?: Status;
  rows?: number;
}

export interface StateValues {
  /** In the order of `cities`, row-major for pairs, or of `zones`, one for the region; or the same as in another state. */
  values?: Entry[];
  same?: string;
  key: string | null;
  status: Status | null;
  /** What was assumed, where anything was. */
  assumptions?: Words[];
  scenario: string | null;
  parameters: Record<string, unknown>;
  settings: Record<string, unknown>;
  inputs: Input[];
  /** Positions of cities whose own figure is unverified or illustrative. */
  flags?: Partial<Record<Status, number[]>>;
  /** Ends of the band of each value, in the same order, where it is not known exactly. */
  low?: Entry[];
  high?: Entry[];
  /** Further columns of a measure with one value. */
  details?: Record<string, unknown>;
}

export interface Measure {
  name: string;
  title: Words;
  unit: string;
  unit_words: Words;
  shape: "value" | "city" | "pair" | "zone";
  draw: "value" | "city" | "pair" | "zone" | "circles";
  formula: Words;
  better: "" | "less" | "more";
  /** Whether it is of what a scenario changes; it has values in scenarios only. */
  change: boolean;
  /** "diverging" = its values are changes, above or below zero. */
  palette: string;
  question: string;
  tables: string[];
  /** Parameter that the reader may choose; its values are the keys of `values`. */
  choice: { name: string; about: Words; values: number[] } | null;
  default: string;
  /** By choice ("" = none) and state ("always" = it does not depend on one). */
  values: Record<string, Record<string, StateValues>>;
  /** Why there is no value, and what would bring it. */
  needs: (Words & { what: Words }) | null;
}

export interface Source {
  title: string | null;
  title_zh?: string | null;
  publisher: string | null;
  publisher_zh?: string | null;
  year: string | null;
  /** Where it was read, if not with its publisher. */
  reprinted_by?: string | null;
  reprinted_by_zh?: string | null;
  url: string | null;
  licence: string | null;
  /** Best status of the figures taken from it; none where these have no status. */
  status?: Status | null;
}

export type Verdict = "confirmed" | "contradicted" | "not decidable";

/** A source as evidence states it. */
export interface ClaimSource {
  table?: string;
  source_id?: string;
  title?: string | null;
  publisher?: string | null;
  title_zh?: string | null;
  reprinted_by?: string | null;
  /** Year of publication. */
  published?: number | string | null;
  url?: string | null;
  /** Year that the figures are of. */
  year?: number | string | null;
  vintage?: string | null;
  vintage_zh?: string;
  status?: string | null;
  rows?: number;
}

export interface Claim {
  id: string;
  statement: Words;
  claimant: { who: Words; date: string | null };
  verdict: Verdict;
  /** Computed and claimed, in words. */
  value: Words | null;
  claimed: Words | null;
  tolerance: number | null;
  tolerance_words?: Words | null;
  unit: string | null;
  status: Status | null;
  explanation: Words;
  needs: Words | null;
  measure: string | null;
  parameters: Record<string, unknown>;
  sources: ClaimSource[];
  variants: { label: Words; value: Words; verdict: Verdict | null }[];
  provenance: { formula?: string; formula_zh?: string; assumptions?: Words[]; settings?: Record<string, unknown>; key?: string; software?: string };
}

export interface Atlas {
  format: number;
  title: Words;
  region: { name: string; version: string };
  software: string | null;
  illustrative: boolean;
  headline: [number, number];
  cities: City[];
  /** What parameters and settings are called in Chinese. */
  names_zh: Record<string, string>;
  /** Parts of cities, as these; `city` is the position of theirs. */
  zones: (City & { city: number | null })[];
  order: number[];
  states: RegionState[];
  questions: Question[];
  measures: Measure[];
  claims: Claim[];
  /** Journeys between stations, for isochrones of any point; `start` = the station where they begin. */
  isochrones: (IsochroneFigures & { start: string | null }) | null;
  search: Spellings;
  /** Path of the GeoPackage with all layers. */
  geopackage?: string | null;
  stations: Station[];
  /** Ids of the stations, in their order. */
  station_ids: string[];
  /** Trains a day that call there, in their order. */
  station_calls?: number[];
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
