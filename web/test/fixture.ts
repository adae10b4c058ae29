import type { Atlas, City, Entry } from "../src/contract";

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
  stations: [],
  cells: [],
  base: [],
  drawn_from: [],
  sources: {},
};
