import { describe, expect, it } from "vitest";
import type { Atlas } from "../src/contract";
import { defaultState } from "../src/state";
import { changeShort } from "../src/words";
import { howText, outsideText, startText } from "../src/zone_words";
import { atlas as plain } from "./fixture";

const ground = { fixed_s: 600, speed_m_s: 7, detour: 1.3, max_time_s: 3600, en: "", zh: "" };
const atlas: Atlas = {
  ...plain,
  stations: [["上海虹桥", "Shanghai Hongqiao", 121.3162, 31.196, null]],
  isochrones: { file: "f.js", cutoffs_min: [15, 180], percentiles: [5, 50, 95], percentile: 50, window_s: [21600, 79200], outside_km: 100, tolerance: 0.04, definition: { en: "", zh: "" }, stations: 1, ground, states: [], start: "rail:上海虹桥" },
};
const state = { ...defaultState(atlas, "en"), lang: "en" as const };
const at = (lon: number, lat: number, lang: "en" | "zh" = "en") => ({ ...state, lang, point: [lon, lat] as [number, number] });

describe("words beside the figures of isochrones", () => {
  it("names the start with its coordinates, or how far it lies from a place that has a name", () => {
    expect(startText(atlas, state)).toBe("Shanghai Hongqiao (121.3162, 31.1960)");
    // 0.1 degrees of latitude are 11 km
    expect(startText(atlas, at(121.3162, 31.096))).toBe("a point 11 km from Shanghai Hongqiao (121.3162, 31.0960)");
    expect(startText(atlas, at(121.3162, 31.096, "zh"))).toBe("距上海虹桥11公里的一点 (121.3162, 31.0960)");
  });

  it("says which departures count, and whether water does", () => {
    expect(howText(atlas, 50, true, "en")).toBe("Median of all departures, 06:00–22:00, door to door; land only, without sea and lakes.");
    expect(howText(atlas, 95, false, "zh")).toBe("06:00–22:00，95%的出发时刻，门到门；无底图，水面计入陆地。");
  });

  it("says that a point lies outside only where it does", () => {
    expect(outsideText(atlas, [121.3162, 31.096], "en")).toBe("");
    expect(outsideText(atlas, [0, 0], "en")).toMatch(/^This point lies 12,\d{3} km from the nearest station or city; choose one within 100 km\.$/);
    expect(outsideText(atlas, [0, 0], "zh")).toContain("请选择100公里以内的地点");
  });
});

it("calls what came and went by what it is", () => {
  const measure = (shape: "pair" | "city", unit: string, name = "typical_time") => ({ ...plain.measures[0]!, shape, unit, name });
  expect(changeShort("gained", measure("pair", "s"), "en", "city")).toBe("now half or more");
  expect(changeShort("lost", measure("pair", "s"), "zh", "pair")).toBe("不再可达");
  expect(changeShort("gained", measure("city", "s", "time_for_cities"), "en", "city")).toBe("newly reachable");
  expect(changeShort("gained", measure("pair", "s", "fastest_train"), "en", "pair")).toBe("new");
  expect(changeShort("lost", measure("pair", "trains/day", "direct_trains"), "zh", "pair")).toBe("取消");
});
