import { describe, expect, it } from "vitest";
import { formatClock, formatPeople, formatTime, shortName } from "../src/format";
import { headline } from "../src/headline";
import { Model } from "../src/model";
import { defaultState, type State } from "../src/state";
import { sortRows, type Row } from "../src/table";
import { cityName, stateLong } from "../src/words";
import { atlas } from "./fixture";

describe("numbers", () => {
  it("carry their unit", () => {
    expect(formatTime(45 * 60, "en")).toBe("45 min");
    expect(formatTime(45 * 60, "zh")).toBe("45分钟");
    expect(formatTime(125 * 60, "en")).toBe("2 h 05");
    expect(formatTime(120 * 60, "zh")).toBe("2小时");
    expect(formatClock(22 * 3600)).toBe("22:00");
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
  const words = (change: Partial<State>) => {
    const state = { ...defaultState(atlas, "en"), ...change };
    return headline(model, model.lens(state)!, state);
  };
  it("say the pair of the headline", () => {
    expect(words({})).toEqual({
      figure: "45 min",
      of: "Alpha–Beta (East), fastest direct train",
      then: "2012: 49 min · \u22124 min",
      sentence: "In 2019 the fastest direct train from Alpha to Beta (East) took 45 min, 4 min less than in 2012 (49 min); 163 direct trains ran a day.",
      status: "confirmed",
    });
    expect(words({ lang: "zh" }).sentence).toBe("2019年甲到乙的最快直达列车用时45分钟，比2012年（49分钟）缩短4分钟；每日直达列车163列。".replace("甲到乙", "甲市到乙市"));
  });
  it("compare a scenario with its base, and say that it is assumed", () => {
    const plan = words({ state: "plan" });
    expect(plan.sentence).toBe("With the plan the fastest direct train from Alpha to Beta (East) took 30 min, 15 min less than without plan (45 min).");
    expect(plan.status).toBe("illustrative");
  });
  it("show the change as the figure", () => {
    expect(words({ compare: "difference" })).toMatchObject({ figure: "\u22124 min", then: "2012: 49 min · 2019: 45 min" });
  });
  it("say that there was no train, and what there is instead", () => {
    expect(words({ state: "2012", city: 0, to: 2 }).sentence).toBe("In 2012, Alpha to Beta (West): no direct train; the typical journey with changes takes 6 h 40.");
    expect(words({ city: 0, to: 2 }).sentence).toContain("; in 2012: no direct train");
  });
  it("count trains and cities", () => {
    expect(words({ measure: "direct_trains" }).sentence).toBe("In 2019, 163 direct trains a day ran from Alpha to Beta (East), 88 more than in 2012 (75).");
    expect(words({ city: 0 }).sentence).toBe("Alpha: 12.0 million people (2020). In 2019, 1 of 2 other cities was within 2 h by fastest direct train (1 in 2012).");
    expect(words({ city: 2 }).sentence).toBe("There are no data in 2019.");
  });
  it("add up amounts, and only those of cities known in both years", () => {
    expect(words({ measure: "gdp", question: "weight" })).toMatchObject({ figure: "CNY 4.4 trillion", of: "Gdp, all 3 cities that have figures together", then: "the 2 cities known in both: 2012: CNY 2.5 trillion · +CNY 1.5 trillion" });
    expect(words({ measure: "gdp", question: "weight", compare: "difference" })).toMatchObject({ figure: "+CNY 1.5 trillion", of: "Gdp, all 2 cities that have figures together" });
    expect(words({ measure: "gdp", question: "weight", city: 1 }).sentence).toBe("Beta (East): 400,000 people (2020). Gdp in 2019: CNY 1 trillion, number 2 of 3 cities, CNY 500 bn more than in 2012 (CNY 500 bn).");
  });
  it("tell a pair without a train from a median without a value", () => {
    expect(words({ state: "2012", city: 0, to: 2 }).figure).toBe("no direct train");
    expect(words({ state: "2012", city: 0 }).figure).toBe("no direct train to half or more");
  });
  it("never print NaN, undefined or Infinity", () => {
    for (const state of ["2012", "2019", "2021", "plan"])
      for (const compare of ["none", "difference"] as const)
        for (const measure of atlas.measures.map((one) => one.name))
          for (const lang of ["en", "zh"] as const)
            for (const [city, to] of [[null, null], [0, null], [2, null], [0, 2], [2, 1]] as const) {
              const chosen = { ...defaultState(atlas, lang), state, compare, measure, city, to };
              const lens = model.lens(chosen);
              if (!lens) continue;
              const { figure, of, then, sentence } = headline(model, lens, chosen);
              expect([figure, of, then, sentence].join(" ")).not.toMatch(/NaN|undefined|Infinity|null|\{/);
            }
  });
  it("say neither trains nor times of what is neither", () => {
    const other = structuredClone(atlas);
    const links = other.measures.find((one) => one.name === "direct_trains")!;
    Object.assign(links, { name: "firm_links", unit: "index", title: { en: "Links of firms", zh: "企业联系" } });
    const own = new Model(other);
    const told = (city: number, to: number | null) => {
      const state = { ...defaultState(other, "en"), state: "2019", compare: "none" as const, measure: "firm_links", city, to };
      return headline(own, own.lens(state)!, state);
    };
    expect(told(0, 1).sentence).toMatch(/Alpha and Beta.*: links of firms 163/);
    expect(told(0, null).of).toBe("Alpha: sum with all others");
    expect([told(0, 1).sentence, told(0, null).sentence].join(" ")).not.toMatch(/train|took/);
  });
  it("tell twins apart and name the months", () => {
    expect(cityName(atlas, 2, "en")).toBe("Beta (West)");
    const [then, now] = atlas.states;
    expect(stateLong(then!, null, "en")).toBe("2012 timetable (Jul–Aug)");
    expect(stateLong(then!, null, "zh")).toBe("2012年时刻表（7—8月）");
    expect(stateLong(now!, null, "en")).toBe("2019 timetable");
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
