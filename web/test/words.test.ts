import { describe, expect, it } from "vitest";
import { formatChange, formatClock, formatPeople, formatTime, formatValue, shortName } from "../src/format";
import { headline } from "../src/headline";
import { Model } from "../src/model";
import { defaultState, type State } from "../src/state";
import { sortRows, type Row } from "../src/table";
import { cityName, ruleText, timetableName } from "../src/words";
import { atlas } from "./fixture";

describe("numbers", () => {
  it("carry their unit", () => {
    expect(formatTime(45 * 60, "en")).toBe("45 min");
    expect(formatTime(45 * 60, "zh")).toBe("45 分钟");
    expect(formatTime(125 * 60, "en")).toBe("2 h 05 min");
    expect(formatTime(120 * 60, "zh")).toBe("2 小时");
    expect(formatValue(1, "trains", "en")).toBe("1 train");
    expect(formatClock(22 * 3600)).toBe("22:00");
  });
  it("carry their sign when they are changes", () => {
    expect(formatChange(-240, "typical", "en")).toBe("\u22124 min");
    expect(formatChange(240, "typical", "en")).toBe("+4 min");
    expect(formatChange(20, "typical", "en")).toBe("±0 min");
  });
  it("count people in 万, 亿 and millions", () => {
    expect(formatPeople(11_936_010, "zh")).toBe("1194万");
    expect(formatPeople(235_214_289, "zh")).toBe("2.352亿");
    expect(formatPeople(11_936_010, "en")).toBe("11.9 million");
    expect(formatPeople(400_000, "en")).toBe("400,000");
  });
  it("leave 市 out of names", () => {
    expect(shortName("杭州市")).toBe("杭州");
    expect(shortName("沙市")).toBe("沙市");
  });
});

describe("sentences", () => {
  const model = new Model(atlas);
  const state = (change: Partial<State>): State => ({ ...defaultState(atlas, "en"), ...change });
  it("say the pair of the headline", () => {
    expect(headline(model, state({}))).toEqual({
      figure: "45 min",
      of: "Alpha–Beta (East), fastest direct train, station to station",
      then: "2012: 49 min · 2012→2019 \u22124 min",
      sentence: "In 2019 the fastest direct train from Alpha to Beta (East) took 45 min, 4 min less than in 2012 (49 min); 163 direct trains ran a day.",
    });
    expect(headline(model, state({ lang: "zh" })).sentence).toBe("2019年，甲市到乙市最快的直达列车用时45 分钟，比2012年（49 分钟）缩短4 分钟；每日直达列车163列。");
  });
  it("show the change as the figure", () => {
    expect(headline(model, state({ year: "difference" }))).toMatchObject({ figure: "\u22124 min", then: "2012: 49 min · 2019: 45 min" });
  });
  it("say that there was no train, and what there is instead", () => {
    expect(headline(model, state({ year: 2012, city: 0, to: 2 })).sentence).toBe("In 2012 no direct train ran from Alpha to Beta (West); the typical journey with changes takes 6 h 40 min.");
    expect(headline(model, state({ city: 0, to: 2 })).sentence).toContain("where 2012 had no direct train");
  });
  it("count trains and cities", () => {
    expect(headline(model, state({ measure: "trains" })).sentence).toBe("In 2019, 163 direct trains a day ran from Alpha to Beta (East), 88 more than in 2012 (75).");
    expect(headline(model, state({ city: 0 })).sentence).toBe("Alpha: 12.0 million people (2020). In 2019, 1 of 2 other cities was within 2 h by direct train (1 in 2012).");
    expect(headline(model, state({ city: 2 })).sentence).toBe("There are no data for 2019.");
  });
  it("tell a pair without a train from a median without a value", () => {
    expect(headline(model, state({ year: 2012, city: 0, to: 2 })).figure).toBe("no direct train");
    expect(headline(model, state({ year: 2012, city: 0 })).figure).toBe("no direct train to half or more");
  });
  it("never print NaN, undefined or Infinity", () => {
    for (const year of [2012, 2019, "difference"] as const)
      for (const measure of ["fastest_train", "typical", "trains"] as const)
        for (const lang of ["en", "zh"] as const)
          for (const city of [null, 0, 1, 2])
            for (const to of [null, 0, 1, 2]) {
              if (to !== null && (city === null || to === city)) continue;
              const words = Object.values(headline(model, { year, measure, lang, city, to, reach: null })).join(" ");
              expect(words).not.toMatch(/NaN|undefined|Infinity|null|\{/);
            }
  });
  it("tell twins apart and name the months", () => {
    expect(cityName(atlas, 2, "en")).toBe("Beta (West)");
    expect(timetableName(atlas.by_year["2012"]!.feeds, 2012, "en")).toBe("2012 timetable (Jul–Aug)");
    expect(timetableName(atlas.by_year["2012"]!.feeds, 2012, "zh")).toBe("2012年时刻表（7—8月）");
    expect(timetableName(atlas.by_year["2012"]!.feeds, 2019, "en")).toBe("2019 timetable");
  });
  it("state the rule, or the rule of the provenance", () => {
    expect(ruleText(atlas, "typical", 2019, "en")).toContain("06:00–22:00");
    expect(ruleText(atlas, "typical", 2019, "en")).toContain("15 min");
    const own = structuredClone(atlas);
    own.by_year["2019"]!.provenance = { rules: { fastest_train: { en: "Main stations only.", zh: "仅主要车站。" } } };
    expect(ruleText(own, "fastest_train", 2019, "zh")).toBe("仅主要车站。");
  });
});

describe("table", () => {
  const row = (city: number, order: number): Row => ({ city, cells: [{ text: "", order }] });
  it("keeps what is not known last in both directions", () => {
    const rows = [row(0, NaN), row(1, 5), row(2, Infinity), row(3, 1)];
    expect(sortRows(rows, { column: 0, down: false }).map((one) => one.city)).toEqual([3, 1, 2, 0]);
    expect(sortRows(rows, { column: 0, down: true }).map((one) => one.city)).toEqual([2, 1, 3, 0]);
  });
});
