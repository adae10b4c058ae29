import { describe, expect, it } from "vitest";
import written from "../../tests/study/written_values.json";
import { formatAmount, formatDifference, formatMinutes, formatUnit } from "../src/format";

describe("amounts", () => {
  it("have the large units of their language", () => {
    expect(formatAmount(3.8156e12, "zh")).toBe("3.82万亿");
    expect(formatAmount(3.8156e12, "en")).toBe("3.82 trillion");
    expect(formatAmount(120_000_000, "zh")).toBe("1.2亿");
    expect(formatAmount(120_000_000, "en")).toBe("120 million");
    expect(formatAmount(24_870_895, "zh")).toBe("2490万");
    expect(formatAmount(4500, "en")).toBe("4,500");
    expect(formatAmount(0, "en")).toBe("0");
    expect(formatAmount(-2e9, "en")).toBe("\u22122 bn");
  });
  it("take the next unit where they round to it", () => {
    expect(formatAmount(999_900_000, "en")).toBe("1 bn");
    expect(formatAmount(99_990_000, "zh")).toBe("1亿");
  });
});

describe("values", () => {
  it("carry their unit", () => {
    expect(formatUnit(2700, "s", "en")).toBe("45 min");
    expect(formatUnit(0.0863, "index", "zh")).toBe("0.0863");
    expect(formatUnit(1.5, "ratio", "zh")).toBe("1.5倍");
    expect(formatUnit(0.2412, "share", "zh")).toBe("24.1%");
    expect(formatUnit(2.13e12, "CNY", "zh")).toBe("2.13万亿元");
    expect(formatUnit(2.13e12, "CNY", "en")).toBe("CNY 2.13 trillion");
    expect(formatUnit(163, "trains/day", "zh")).toBe("163列/日");
    expect(formatUnit(7, "cities", "en")).toBe("7\u00a0cities");
    expect(formatUnit(7, "parcels", "zh")).toBe("7\u00a0parcels");
    expect(formatUnit(NaN, "s", "en")).toBe("–");
    expect(formatUnit(Infinity, "km", "en")).toBe("–");
  });
  it.each(written)("are written as Python writes them: $value $unit", ({ value, unit, en, zh }) => {
    expect(formatUnit(value, unit, "zh")).toBe(zh);
    if (en) expect(formatUnit(value, unit, "en").replace("\u00a0", " ")).toBe(en);
  });
  it("stay minutes where they are chosen as minutes", () => {
    expect(formatMinutes(100, "zh")).toBe("100分钟");
    expect(formatMinutes(100, "en")).toBe("100\u00a0min");
  });
  it("have a sign as differences", () => {
    expect(formatDifference(-240, "s", "en")).toBe("\u22124 min");
    expect(formatDifference(20, "s", "zh")).toBe("\u00b10分钟");
    expect(formatDifference(1e9, "CNY", "en")).toBe("+CNY 1 bn");
    expect(formatDifference(-0.012, "share", "en")).toBe("\u22121.2%");
  });
});
