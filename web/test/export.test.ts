import { describe, expect, it } from "vitest";
import { fileName, metadataJson, tableCsv, wrap, type Metadata } from "../src/export";

describe("table", () => {
  it("keeps numbers, and tells no data from unreachable", () => {
    expect(tableCsv({ columns: ["city", "min"], rows: [["杭州", 45], ["a, b", NaN], ["=x", Infinity], ["c", null]] })).toBe('\ufeffcity,min\r\n杭州,45\r\n"a, b",\r\n\'=x,inf\r\nc,\r\n');
  });
});

it("file names suit every system", () => {
  expect(fileName("yrd", "fastest_train", "2012/2019: 差")).toBe("yrd-fastest-train-2012-2019-差");
  expect(fileName("..", "a")).toBe("a");
});

it("metadata say what the view is and when it was saved", () => {
  const about: Metadata = { title: "Fastest train", measure: "fastest_train", unit: "s", state: "2019", formula: "f", sources: [], region: { name: "yrd", version: "1" }, software: "megaregion 0.1.0", view: "#year=2019", settings: {} };
  const found = JSON.parse(metadataJson(about, new Date(Date.UTC(2026, 10, 24)))) as Record<string, unknown>;
  expect(found).toMatchObject({ kind: "megaregion view", view: "#year=2019", exported: "2026-11-24T00:00:00.000Z", software: "megaregion 0.1.0" });
});

describe("lines", () => {
  // every letter 10 wide, Chinese ones 20
  const pen = { measureText: (text: string) => ({ width: [...text].reduce((sum, one) => sum + (/\p{Script=Han}/u.test(one) ? 20 : 10), 0) }) } as unknown as CanvasRenderingContext2D;
  it("break between words, and within Chinese anywhere", () => {
    expect(wrap(pen, "fastest direct train", 150)).toEqual(["fastest direct", "train"]);
    expect(wrap(pen, "最快直达列车", 60)).toEqual(["最快直", "达列车"]);
    expect(wrap(pen, "averyveryverylongword x", 60)).toEqual(["averyveryverylongword", "x"]);
    expect(wrap(pen, "  ", 60)).toEqual([]);
  });
});
