import { describe, expect, it } from "vitest";
import type { Atlas } from "../src/contract";
import { SearchIndex, fold, type Spellings } from "../src/search";
import { atlas as bare } from "./fixture";

const city = (id: string, name: string, name_en: string, population: number) => ({ ...bare.cities[0]!, id, name, name_en, population });
const atlas: Atlas = {
  ...bare,
  cities: [city("1", "上海市", "Shanghai", 24e6), city("2", "六安市", "Lu'an", 4e6), city("3", "苏州市", "Suzhou (Jiangsu)", 12e6), city("4", "宿州市", "Suzhou (Anhui)", 5e6)],
  stations: [["上海", "Shanghai", 121.45, 31.25, 0], ["上海南", "Shanghai South", 121.42, 31.15, 0], ["上海虹桥", "Shanghai Hongqiao", 121.32, 31.19, 0], ["苏州北", "Suzhou North", 120.6, 31.4, 2], ["桥头", null, 118, 30, null]],
};
const spellings: Spellings = {
  cities: [["shanghai", "sh"], ["luan", "la"], ["suzhou", "sz"], ["suzhou", "sz"]],
  stations: [["shanghai", "sh"], ["shanghainan", "shn"], ["shanghaihongqiao", "shhq"], ["suzhoubei", "szb"], ["", ""]],
};
const index = new SearchIndex(atlas, spellings);
const names = (query: string) => index.find(query).map((one) => `${one.kind} ${one.name}`);

describe("what is typed", () => {
  it("is folded", () => {
    expect(fold("Lu’an ")).toBe("luan");
    expect(fold("Lǜ liáng")).toBe("lvliang");
    expect(fold("Shànghǎi-Nán")).toBe("shanghainan");
    expect(fold("ＳＨ")).toBe("sh");
  });
  it("may be Chinese, with or without 市 and 站", () => {
    for (const query of ["上海", "上海市"]) expect(names(query)[0]).toBe("city 上海市");
    expect(names("上海站")[0]).toBe("station 上海");
    expect(names("虹桥")).toEqual(["station 上海虹桥"]);
    expect(names("桥")).toEqual(["station 桥头", "station 上海虹桥"]);
  });
  it("may be English, pinyin or initials", () => {
    expect(names("shanghai south")).toEqual(["station 上海南"]);
    expect(names("hongq")).toEqual(["station 上海虹桥"]);
    expect(names("shanghainan")).toEqual(["station 上海南"]);
    expect(names("shhq")).toEqual(["station 上海虹桥"]);
    expect(names("lu an")).toEqual(["city 六安市"]);
    expect(names("szb")).toEqual(["station 苏州北"]);
  });
  it("finds the larger of two of one name first, and cities before their stations", () => {
    expect(names("suzhou").slice(0, 2)).toEqual(["city 苏州市", "city 宿州市"]);
    expect(names("sh").slice(0, 2)).toEqual(["city 上海市", "station 上海"]);
  });
  it("may be nothing, or nothing that there is", () => {
    expect(names("  ")).toEqual([]);
    expect(names("xyz")).toEqual([]);
    // one letter is the beginning of a name, not any part of one
    expect(names("q")).toEqual([]);
  });
});

it("works without spellings", () => {
  const plain = new SearchIndex(atlas);
  expect(plain.find("shanghai")[0]!.kind).toBe("city");
  expect(plain.find("shhq")).toEqual([]);
});

it("says where a station is", () => {
  const [found] = index.find("苏州北");
  expect(found).toMatchObject({ index: 3, lon: 120.6, lat: 31.4, within: { en: "Suzhou (Jiangsu)", zh: "苏州" } });
});
