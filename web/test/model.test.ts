import { describe, expect, it } from "vitest";
import { flowsOf } from "../src/flows";
import { Model, change, decode, median, type Lens } from "../src/model";
import { defaultState } from "../src/state";
import { atlas, measure } from "./fixture";

const model = new Model(atlas);
const start = defaultState(atlas, "en");
const lens = (name: string, state: string, compare: "none" | "difference" | "swipe" = "none"): Lens => model.lens({ ...start, measure: name, state, compare })!;

describe("readings", () => {
  it("tells a value from none, unknown and self", () => {
    expect(model.pair(lens("fastest_train", "2019"), 0, 1)).toEqual({ kind: "value", value: 2700 });
    expect(model.pair(lens("fastest_train", "2012"), 0, 2)).toEqual({ kind: "none" });
    expect(model.pair(lens("fastest_train", "2012"), 2, 0)).toEqual({ kind: "nodata" });
    expect(model.pair(lens("fastest_train", "2012"), 1, 1)).toEqual({ kind: "self" });
    expect(model.pair(lens("direct_trains", "2012"), 0, 2)).toEqual({ kind: "none" });
  });
  it("takes the first year from the last, and the base from a scenario", () => {
    expect(model.pair(lens("fastest_train", "2019", "difference"), 0, 1)).toEqual({ kind: "value", value: -240 });
    expect(model.pair(lens("fastest_train", "2019", "difference"), 0, 2)).toEqual({ kind: "gained" });
    expect(model.pair(lens("direct_trains", "2019", "difference"), 0, 2)).toEqual({ kind: "value", value: 1 });
    expect(model.pair(lens("fastest_train", "plan", "difference"), 0, 1)).toEqual({ kind: "value", value: -900 });
    const time = measure("t", "pair", "s", "less", {});
    expect(change(5, Infinity, time)).toEqual({ kind: "lost" });
    expect(change(Infinity, Infinity, time)).toEqual({ kind: "none" });
    expect(change(NaN, 5, time)).toEqual({ kind: "nodata" });
  });
  it("compares the first year with the last, whichever is looked at", () => {
    expect(lens("fastest_train", "2012", "difference")).toMatchObject({ before: { id: "2012" }, now: { id: "2019" }, difference: true });
    expect(lens("fastest_train", "2012")).toMatchObject({ before: null, now: { id: "2012" } });
    expect(lens("fastest_train", "plan")).toMatchObject({ before: { id: "plan-base" }, now: { id: "plan" } });
  });
  it("shows the nearest state where the measure lacks the wanted one", () => {
    expect(lens("gdp", "plan").now?.id).toBe("2019");
    expect(lens("fastest_train", "2021").now?.id).toBe("2019");
    expect(lens("land", "2012").now).toBeNull();
    expect(model.region(lens("land", "2012"))).toEqual({ kind: "value", value: 0.037 });
    expect(model.lens({ ...start, measure: "absent" })).toBeNull();
  });
  it("takes times from each other as they are shown", () => {
    // 154 min and 146 min, though the seconds between them are nearer to 9 min
    expect(change(9265, 8735, measure("t", "pair", "s", "less", {}))).toEqual({ kind: "value", value: -480 });
    expect(change(9265, 8735, measure("t", "pair", "trains/day", "more", {}))).toEqual({ kind: "value", value: -530 });
  });
  it("sums trains and takes the median of times", () => {
    expect(model.summary(lens("direct_trains", "2019"), 0)).toBe(164);
    expect(model.summary(lens("typical_time", "2019"), 0)).toBe(((108 + 300) / 2) * 60);
    expect(model.summary(lens("fastest_train", "2012"), 0)).toBe(Infinity);
    expect(model.city(lens("fastest_train", "2019", "difference"), 0)).toEqual({ kind: "gained" });
    expect(model.summary(lens("typical_time", "2012"), 2)).toBeNaN();
  });
  it("counts what is within reach, and ranks", () => {
    expect(model.within(lens("fastest_train", "2019"), 0, 7200)).toBe(1);
    expect(model.within(lens("direct_trains", "2012"), 0, 0)).toBe(1);
    expect(model.rank(lens("gdp", "2012"), 1)).toEqual({ place: 2, of: 2 });
    expect(model.rank(lens("gdp", "2012"), 2)).toBeNull();
    expect(model.rank(lens("typical_time", "2019"), 0)).toEqual({ place: 1, of: 1 });
  });
  it("gives all states the same values, so that they share classes", () => {
    expect(model.values(lens("typical_time", "2012"), "pairs")).toEqual(model.values(lens("typical_time", "2019"), "pairs"));
  });
  it("knows whose figure is doubtful", () => {
    expect(model.status(lens("gdp", "2019"), 2)).toBe("unverified");
    expect(model.status(lens("gdp", "2019"), 0)).toBe("confirmed");
    expect(model.status(lens("fastest_train", "plan"))).toBe("illustrative");
    // what is not flagged still rests on what was assumed
    const gdp = model.atlas.measures.find((one) => one.name === "gdp")!.values[""]!["2019"]!;
    gdp.assumptions = [{ en: "guessed", zh: "估计" }];
    expect(model.status(lens("gdp", "2019"), 0)).toBe("modelled");
    expect(model.status(lens("gdp", "2019"), 2)).toBe("unverified");
    delete gdp.assumptions;
  });
  it("reads the choice that is made, and the usual one else", () => {
    expect(model.lens({ ...start, measure: "within", choice: "60" })?.variant).toBe("60");
    expect(model.lens({ ...start, measure: "within", choice: "77" })?.variant).toBe("90");
  });
});

describe("flows", () => {
  it("are the strongest pairs, both directions as one, strongest last", () => {
    const found = flowsOf(model, lens("direct_trains", "2019"), null, 30);
    expect(found.map(({ from, to, value }) => [from, to, value])).toEqual([[0, 2, 1], [0, 1, 325]]);
    expect(flowsOf(model, lens("direct_trains", "2019"), null, 1).map((flow) => flow.value)).toEqual([325]);
    expect(flowsOf(model, lens("fastest_train", "2019"), 0, 30).map((flow) => flow.to)).toEqual([2, 1]);
  });
});

describe("median", () => {
  it("is infinite when the middle is", () => {
    expect(median([1, Infinity, 3])).toBe(3);
    expect(median([1, Infinity])).toBe(Infinity);
  });
});

it("decodes the three kinds of entry", () => {
  expect([...decode([null, "inf", 7])]).toEqual([NaN, Infinity, 7]);
});
