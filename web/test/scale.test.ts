import { describe, expect, it } from "vitest";
import { classOf, lineWidth, logTicks, onPaper, roundBreaks, scaleFor, zeroCentred } from "../src/scale";

const TIME = { unit: "s", better: "less" } as const;
const TRAINS = { unit: "trains/day", better: "more" } as const;
const STEPS = [5, 10, 20, 30, 60, 120];

describe("classes", () => {
  it("are round, rising and inside the values", () => {
    const values = Array.from({ length: 200 }, (_, at) => at + 1);
    const breaks = roundBreaks(values, STEPS, 7);
    expect(breaks.every((bound) => STEPS.includes(bound))).toBe(true);
    expect([...breaks].sort((a, b) => a - b)).toEqual(breaks);
    expect(breaks[breaks.length - 1]!).toBeLessThan(200);
  });
  it("hold every value once", () => {
    const values = [60, 300, 900, 3000, 3600, 7200, 9000, 20_000, 40_000].flatMap((value) => [value, value + 1]);
    const scale = scaleFor(values, TIME, false);
    expect(scale.colours).toHaveLength(scale.breaks.length + 1);
    const counted = scale.colours.map((_, at) => values.filter((value) => classOf(value, scale) === at).length);
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(values.length);
    expect(counted.every((count) => count > 0)).toBe(true);
  });
  it("put a bound into the class below it", () => {
    expect(classOf(10, { breaks: [10, 20], colours: ["a", "b", "c"] })).toBe(0);
    expect(classOf(10.1, { breaks: [10, 20], colours: ["a", "b", "c"] })).toBe(1);
    expect(classOf(99, { breaks: [10, 20], colours: ["a", "b", "c"] })).toBe(2);
  });
  it("work with no value and with one", () => {
    expect(scaleFor([], TIME, false).colours).toHaveLength(0);
    expect(scaleFor([600], TIME, false).colours).toHaveLength(1);
    expect(scaleFor([0, 0], TRAINS, true).colours).toHaveLength(1);
  });
});

describe("differences", () => {
  it("are centred on zero, and twins fall into twin classes", () => {
    const scale = scaleFor([-7200, -3600, -600, 60, 900, 1800], TIME, true);
    const last = scale.colours.length - 1;
    for (const value of [0, 60, 600, 601, 3600, 7200, 99_999]) expect(classOf(-value, scale)).toBe(last - classOf(value, scale));
    expect(scale.colours.length % 2).toBe(1);
  });
  it("have classes for amounts of any size", () => {
    for (const scale of [scaleFor([1e11, 5e11, 2e12, 4e12], { unit: "CNY", better: "more" }, false), scaleFor([0.01, 0.2, 0.4, 0.9], { unit: "share", better: "" }, false)]) {
      expect(scale.breaks.length).toBeGreaterThan(1);
      // dark is much
      expect(scale.colours[scale.colours.length - 1]).toBe(onPaper("#002051"));
    }
  });
  it("call no more than ten minutes the same", () => {
    expect(Math.min(...zeroCentred([50_000, 60_000], [300, 600, 60_000], 600).map(Math.abs))).toBe(600);
  });
});

it("draws four times the trains twice as wide", () => {
  expect(lineWidth(200) / lineWidth(50)).toBeCloseTo(2);
  expect(lineWidth(0.1)).toBeGreaterThan(0.5);
});

it("mixes a colour with the paper", () => {
  expect(onPaper("#000000", 0)).toBe("#fbfaf7");
  expect(onPaper("#123456", 1)).toBe("#123456");
});

describe("ticks of a logarithmic axis", () => {
  it("are 1, 2 and 5 over one power of ten, and fewer over more", () => {
    expect(logTicks(1.5, 25, 5)).toEqual([2, 5, 10, 20]);
    expect(logTicks(8e10, 2e13, 4)).toEqual([1e11, 1e12, 1e13]);
    expect(logTicks(8e10, 2e13, 6)).toEqual([1e11, 3e11, 1e12, 3e12, 1e13]);
  });
  it("are the ends where no round number lies between", () => {
    expect(logTicks(5.1, 9.9, 4)).toEqual([5.1, 9.9]);
  });
});
