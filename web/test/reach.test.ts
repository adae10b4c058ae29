import { describe, expect, it } from "vitest";
import type { Outlines } from "../src/contract";
import { LOOK, cityMark, cutoffAt, drawnParts, formatArea, outlineFeatures, peopleCell, reachCommand, reachHeadline, reachRule } from "../src/reach";
import { cutoffs, defaultState, type State } from "../src/state";
import { atlas as bare, withReach as atlas } from "./fixture";

const reach = atlas.reach!;
const state = (change: Partial<State>): State => ({ ...defaultState(atlas, "en"), ...change });

describe("figures", () => {
  it("say what is reached in a year, and how that differs", () => {
    expect(reachHeadline(atlas, reach, state({ year: 2019 }), 90)).toEqual({
      figure: "550 km²",
      of: "reached from Alpha South within 90\u00a0min",
      then: "2012: 600 km² · 2012→2019 \u221250 km²",
      sentence: "In 2019 the centre of 1 city with 12.0 million people (census 2020) lies inside: Alpha; the same as in 2012.",
    });
    expect(reachHeadline(atlas, reach, state({ year: 2019, lang: "zh" }), 90)).toEqual({
      figure: "550 平方公里",
      of: "从甲南出发，90\u00a0分钟内可达",
      then: "2012年：600 平方公里 · 2012→2019 \u221250 平方公里",
      sentence: "2019年，1个城市的中心位于范围内，共1200万人（2020年人口普查）：甲市；与2012年相同。",
    });
  });
  it("take areas from each other as they are shown", () => {
    // 2000 and 2501, though they differ by 500.2
    expect(reachHeadline(atlas, reach, state({ year: "difference" }), 120).figure).toBe("+501 km²");
  });
  it("name cities that are gained, or say that none is", () => {
    expect(reachHeadline(atlas, reach, state({ year: "difference" }), 120).sentence).toBe("700 km² gained, 200 km² lost. New inside: Beta (East), Beta (West).");
    expect(reachHeadline(atlas, reach, state({ year: "difference" }), 90).sentence).toBe("12 km² gained, 63 km² lost. The same city centres lie inside.");
    expect(reachHeadline(atlas, reach, state({ year: "difference", lang: "zh" }), 120).sentence).toBe("新增700 平方公里，减少200 平方公里。新纳入的城市中心：乙市、丙市。");
  });
  it("do not count people where those of a city are not known", () => {
    expect(reachHeadline(atlas, reach, state({ year: 2019 }), 120).sentence).toBe("In 2019 the centres of 3 cities lie inside: Alpha, Beta (East), Beta (West); 1 in 2012.");
    expect(peopleCell(reach.parts["2019"]![2]!, "en")).toBe("? (3)");
    expect(peopleCell(reach.parts["2019"]![1]!, "en")).toBe("12.0 (1)");
    expect(peopleCell(reach.parts["2019"]![1]!, "zh")).toBe("1,200 (1)");
    expect(peopleCell(reach.parts["lost"]![0]!, "en", "\u2212")).toBe("0");
    expect(reachHeadline(atlas, reach, state({ year: 2012 }), 60).sentence).toBe("In 2012 the centre of no city lies inside.");
  });
  it("never print NaN, undefined or Infinity", () => {
    for (const year of [2012, 2019, "difference"] as const)
      for (const lang of ["en", "zh"] as const)
        for (const minutes of cutoffs(atlas)) expect(Object.values(reachHeadline(atlas, reach, state({ year, lang }), minutes)).join(" ")).not.toMatch(/NaN|undefined|Infinity|null|\{/);
  });
  it("carry their unit", () => {
    expect(formatArea(2866.9, "en")).toBe("2,867 km²");
    expect(formatArea(2866.9, "zh")).toBe("2,867 平方公里");
  });
});

describe("map", () => {
  const geometry: GeoJSON.Geometry = { type: "MultiPolygon", coordinates: [] };
  const outlines: Outlines = { 2012: [null, geometry, geometry], 2019: [null, geometry, geometry], gained: [null, geometry, geometry], lost: [null, null, geometry] };
  const kinds = (when: State["year"], minutes: number) => outlineFeatures(atlas, outlines, when, cutoffAt(reach, minutes)).features.map((one) => one.properties!["kind"]);

  it("draws one year, or what is kept, gained and lost", () => {
    expect(kinds(2012, 90)).toEqual(["then"]);
    expect(kinds(2019, 90)).toEqual(["now"]);
    expect(kinds("difference", 120)).toEqual(["kept", "gained", "lost"]);
    expect(kinds("difference", 90)).toEqual(["kept", "gained"]);
    expect(kinds(2019, 60)).toEqual([]);
  });
  it("draws a single year as the base", () => {
    expect(drawnParts({ ...atlas, years: [2012] }, 2012)).toEqual([{ kind: "then", part: "2012" }]);
  });
  it("tells parts apart by more than colour", () => {
    const signs = (["kept", "gained", "lost"] as const).map((kind) => `${LOOK[kind].dashed} ${LOOK[kind].pattern}`);
    expect(new Set(signs).size).toBe(3);
    expect(LOOK.then.dashed).not.toBe(LOOK.now.dashed);
  });
  it("writes the least cut-off, or the change, under a name", () => {
    expect(cityMark(reach, 2019, 2, 0)).toBe("≤ 90");
    expect(cityMark(reach, 2019, 0, 1)).toBe("≤ 120");
    expect(cityMark(reach, 2012, 2, 1)).toBe("");
    expect(cityMark(reach, "difference", 2, 1)).toBe("+");
    expect(cityMark(reach, "difference", 2, 0)).toBe("");
  });
});

describe("what it rests on", () => {
  it("names window, ground, cells and what is typical", () => {
    const rule = reachRule(reach, 2012, "en").join(" ");
    for (const part of ["06:00–22:00", "10 min + straight line", "60 min at most", "Change time at a station 15 min", "1 km apart", "about 200 m", "typical, not exact", "lakes"]) expect(rule).toContain(part);
    expect(reachRule(reach, 2019, "en").join(" ")).not.toContain("typical");
    expect(reachRule(reach, 2012, "zh").join("")).toContain("间距 1 公里");
  });
  it("gives the command for the outlines", () => {
    expect(reachCommand(atlas, reach)).toBe("megaregion isochrone rail:甲南 --year 2019 --against 2012 --cutoffs 60,90,120 --window 06:00-22:00 -o reach.gpkg");
    expect(reachCommand({ ...atlas, years: [2019] }, reach)).not.toContain("--against");
  });
});

it("an atlas without the layer has no cut-offs", () => {
  expect(cutoffs(bare)).toEqual([]);
});
