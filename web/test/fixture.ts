import type { Atlas, City, Entry, ReachYear } from "../src/contract";

function city(id: string, name: string, english: string, province: string, population: number | null): City {
  return { id, name, name_en: english, province, province_en: province, lon: 120, lat: 30, population, population_year: population === null ? null : 2020 };
}

const MIN = 60;

function year(fastest: Entry[], typical: Entry[], trains: Entry[]) {
  const feed = { feed_id: "f", name: "made up", kind: "patterns", first_date: "2012-07-01", last_date: "2012-08-31", source_id: null, status: "illustrative" };
  return { feeds: [feed], window_s: [6 * 3600, 22 * 3600] as [number, number], matrices: { fastest_train: fastest, typical, trains }, lines: [], provenance: { change_time_s: [900] } };
}

/** Three cities: A-B has trains in both years, A-C only in the second, and nothing is known from C. */
export const atlas: Atlas = {
  format: 1,
  title: { en: "Test region", zh: "测试区" },
  region: { name: "test", version: "unsaved" },
  illustrative: true,
  headline: [0, 1],
  cities: [city("1", "甲市", "Alpha", "East", 12_000_000), city("2", "乙市", "Beta", "East", 400_000), city("3", "丙市", "Beta", "West", null)],
  order: [0, 1, 2],
  years: [2012, 2019],
  by_year: {
    2012: year(
      [null, 49 * MIN, "inf", 50 * MIN, null, "inf", null, null, null],
      [null, 120 * MIN, 400 * MIN, 121 * MIN, null, "inf", null, null, null],
      [null, 75, 0, 74, null, 0, null, null, null],
    ),
    2019: year(
      [null, 45 * MIN, 200 * MIN, 45 * MIN, null, "inf", null, null, null],
      [null, 108 * MIN, 300 * MIN, 110 * MIN, null, "inf", null, null, null],
      [null, 163, 1, 162, null, 0, null, null, null],
    ),
  },
  line_change: [],
  reach: null,
  stations: [],
  cells: [],
  base: [],
  drawn_from: [],
  sources: {},
};

const about: ReachYear = { date: "2019-10-01", window: ["06:00", "22:00"], max_walk_time_s: 3600, cell_m: 1000, cells: 20_593, typical_departures: true, change_time_s: [900] };

/** With the reach of a station: Beta is gained within two hours; how many people live in the third city is not known. */
export const withReach: Atlas = {
  ...atlas,
  reach: {
    file: "data/reach.js",
    station: { id: "rail:甲南", name: "甲南", name_en: "Alpha South", lon: 120, lat: 30 },
    cutoffs_s: [3600, 5400, 7200],
    parts: {
      2012: [{ area_km2: 0, cities: [], people: 0 }, { area_km2: 600.2, cities: [0], people: 12_000_000 }, { area_km2: 2000.4, cities: [0], people: 12_000_000 }],
      2019: [{ area_km2: 0, cities: [], people: 0 }, { area_km2: 550, cities: [0], people: 12_000_000 }, { area_km2: 2500.6, cities: [0, 1, 2], people: null }],
      gained: [{ area_km2: 0, cities: [], people: 0 }, { area_km2: 12.3, cities: [], people: 0 }, { area_km2: 700, cities: [1, 2], people: null }],
      lost: [{ area_km2: 0, cities: [], people: 0 }, { area_km2: 62.5, cities: [], people: 0 }, { area_km2: 199.8, cities: [], people: 0 }],
    },
    bounds: [119, 29, 121, 31],
    on_land: true,
    simplified_m: 200,
    ground: { en: "10 min + straight line", zh: "10 分钟 + 直线" },
    by_year: { 2012: about, 2019: { ...about, typical_departures: null } },
  },
};
