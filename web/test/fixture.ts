import type { Atlas, City, Entry, Measure, RegionState, StateValues } from "../src/contract";

function city(id: string, name: string, english: string, province: string, population: number | null): City {
  return { id, name, name_en: english, province, province_en: province, lon: 120 + Number(id), lat: 30, population, population_year: population === null ? null : 2020 };
}

const MIN = 60;

export function state(id: string, kind: RegionState["kind"], year: number, before: string | null, more: Partial<RegionState> = {}): RegionState {
  const feed = { feed_id: "f", name: "made up", kind: "patterns", first_date: "2012-07-01", last_date: "2012-08-31", source_id: null, status: "illustrative" };
  return { id, kind, label: { en: id, zh: id }, year, before, timetable: true, comment: "", feeds: [feed], lines: [], line_change: [], ...more };
}

function held(values: Entry[] | { same: string }, more: Partial<StateValues> = {}): StateValues {
  return { ...(Array.isArray(values) ? { values } : values), key: "k", status: "confirmed", scenario: null, parameters: {}, settings: {}, inputs: [{ table: "feeds", source_id: "s", year: 2019, status: "confirmed", rows: 1 }], ...more };
}

export function measure(name: string, shape: Measure["shape"], unit: string, better: Measure["better"], values: Record<string, Record<string, StateValues>>, more: Partial<Measure> = {}): Measure {
  const title = { en: name.charAt(0).toUpperCase() + name.slice(1).replace(/_/g, " "), zh: name };
  return { name, title, unit, unit_words: { en: unit, zh: unit }, shape, draw: shape, formula: title, better, change: false, palette: "cividis", question: "everywhere", tables: ["stop_times"], choice: null, default: "", values, needs: null, ...more };
}

/** Three cities: A-B has trains in both years, A-C only in the second, and nothing is known from C; a plan speeds A-B up. */
export const atlas: Atlas = {
  format: 2,
  title: { en: "Test region", zh: "测试区" },
  region: { name: "test", version: "unsaved" },
  software: "0",
  illustrative: true,
  headline: [0, 1],
  cities: [city("1", "甲市", "Alpha", "East", 12_000_000), city("2", "乙市", "Beta", "East", 400_000), city("3", "丙市", "Beta", "West", null)],
  zones: [
    { ...city("3", "甲东区", "East Alpha", "East", 3_000_000), id: "11", city: 0 },
    { ...city("4", "乙南区", "South Beta", "East", 400_000), id: "21", city: 1 },
  ],
  order: [0, 1, 2],
  states: [
    state("2012", "year", 2012, null),
    state("2019", "year", 2019, "2012"),
    state("2021", "year", 2021, null, { timetable: false }),
    state("plan-base", "base", 2019, null, { label: { en: "without plan", zh: "无规划" } }),
    state("plan", "scenario", 2019, "plan-base", { label: { en: "the plan", zh: "规划" } }),
  ],
  questions: [
    { id: "everywhere", words: { en: "How long?", zh: "多久？" }, measures: ["fastest_train", "typical_time", "direct_trains"], opens: {} },
    { id: "weight", words: { en: "How much?", zh: "多少？" }, measures: ["gdp", "within", "absent"], opens: {} },
    { id: "metro", words: { en: "What if?", zh: "如果？" }, measures: ["fastest_train"], opens: { state: "plan", compare: "difference" } },
  ],
  measures: [
    measure("fastest_train", "pair", "s", "less", {
      "": {
        2012: held([null, 49 * MIN, "inf", 50 * MIN, null, "inf", null, null, null]),
        2019: held([null, 45 * MIN, 200 * MIN, 45 * MIN, null, "inf", null, null, null]),
        "plan-base": held({ same: "2019" }),
        plan: held([null, 30 * MIN, 200 * MIN, 45 * MIN, null, "inf", null, null, null], { status: "illustrative" }),
      },
    }, { title: { en: "Fastest direct train", zh: "最快直达列车" } }),
    measure("typical_time", "pair", "s", "less", {
      "": {
        2012: held([null, 120 * MIN, 400 * MIN, 121 * MIN, null, "inf", null, null, null]),
        2019: held([null, 108 * MIN, 300 * MIN, 110 * MIN, null, "inf", null, null, null]),
      },
    }, { title: { en: "Typical journey", zh: "典型行程" } }),
    measure("direct_trains", "pair", "trains/day", "more", {
      "": {
        2012: held([null, 75, 0, 74, null, 0, null, null, null]),
        2019: held([null, 163, 1, 162, null, 0, null, null, null]),
      },
    }, { title: { en: "Direct trains a day", zh: "每日直达列车" } }),
    measure("gdp", "city", "CNY", "more", {
      "": { 2012: held([2e12, 5e11, null]), 2019: held([3e12, 1e12, 4e11], { flags: { unverified: [2] } }), 2021: held([4e12, 2e12, 5e11]) },
    }, { draw: "circles", tables: ["city_facts"], question: "weight" }),
    measure("within", "city", "person", "more", { 60: { 2019: held([1e6, 2e6, 3e6]) }, 90: { 2019: held([2e6, 3e6, 4e6]) } }, { default: "90", choice: { name: "minutes", about: { en: "minutes", zh: "分钟" }, values: [60, 90] }, question: "weight" }),
    measure("absent", "value", "share", "", {}, { question: "weight", needs: { en: "Bring it: FILE.", zh: "请导入。", what: { en: "figures", zh: "数据" } } }),
    measure("land", "value", "share", "", { "": { always: held([0.037], { details: { cities: 41 } }) } }),
  ],
  claims: [],
  isochrones: null,
  search: { cities: [], stations: [] },
  stations: [],
  station_ids: [],
  cells: [],
  base: [],
  drawn_from: [],
  names_zh: { hours: "时间阈值（小时）" },
  sources: { s: { title: "A yearbook", publisher: "An office", year: "2020", url: "https://example.org/", licence: null } },
};
