import { describe, expect, it } from "vitest";
import { Model, change, decode, median } from "../src/model";
import { atlas } from "./fixture";

const model = new Model(atlas);

describe("readings", () => {
  it("tells a value from none, unknown and self", () => {
    expect(model.pair(2019, "fastest_train", 0, 1)).toEqual({ kind: "value", value: 2700 });
    expect(model.pair(2012, "fastest_train", 0, 2)).toEqual({ kind: "none" });
    expect(model.pair(2012, "fastest_train", 2, 0)).toEqual({ kind: "nodata" });
    expect(model.pair(2012, "fastest_train", 1, 1)).toEqual({ kind: "self" });
    expect(model.pair(2012, "trains", 0, 2)).toEqual({ kind: "none" });
  });
  it("takes the first year from the last", () => {
    expect(model.pair("difference", "fastest_train", 0, 1)).toEqual({ kind: "value", value: -240 });
    expect(model.pair("difference", "fastest_train", 0, 2)).toEqual({ kind: "gained" });
    expect(model.pair("difference", "trains", 0, 2)).toEqual({ kind: "value", value: 1 });
    expect(change(5, Infinity, "typical")).toEqual({ kind: "lost" });
    expect(change(Infinity, Infinity, "typical")).toEqual({ kind: "none" });
    expect(change(NaN, 5, "typical")).toEqual({ kind: "nodata" });
  });
  it("takes times from each other as they are shown", () => {
    // 154 min and 146 min, though the seconds between them are nearer to 9 min
    expect(change(9265, 8735, "typical")).toEqual({ kind: "value", value: -480 });
    expect(change(9265, 8735, "trains")).toEqual({ kind: "value", value: -530 });
  });
  it("sums trains and takes the median of times", () => {
    expect(model.summary(2019, "trains", 0)).toBe(164);
    expect(model.summary(2019, "typical", 0)).toBe(((108 + 300) / 2) * 60);
    expect(model.summary(2012, "fastest_train", 0)).toBe(Infinity);
    expect(model.city("difference", "fastest_train", 0)).toEqual({ kind: "gained" });
    expect(model.summary(2012, "typical", 2)).toBeNaN();
  });
  it("counts what is within reach", () => {
    expect(model.within(2019, "fastest_train", 0, 7200)).toBe(1);
    expect(model.reached(2012, "trains", 0)).toBe(1);
    expect(model.reached(2019, "trains", 0)).toBe(2);
  });
  it("gives all years the same values, so that they share classes", () => {
    expect(model.values(2012, "typical", "pairs")).toEqual(model.values(2019, "typical", "pairs"));
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
