import { describe, expect, it } from "vitest";
import { defaultState, formatHash, parseHash, MEASURES, type State } from "../src/state";
import { atlas, withReach } from "./fixture";

const start = defaultState(atlas, "en");

describe("hash", () => {
  it("comes back as it was written, for every combination", () => {
    for (const year of [2012, 2019, "difference"] as const)
      for (const measure of MEASURES)
        for (const lang of ["en", "zh"] as const)
          for (const [city, to] of [[null, null], [0, null], [0, 2], [2, 1]] as const)
            for (const reach of [null, 60, 120]) {
              const state: State = { year, measure, lang, city, to, reach };
              expect(parseHash(formatHash(state, withReach), withReach, start)).toEqual(state);
            }
  });
  it("ignores what the region does not have", () => {
    expect(parseHash("#year=1999&measure=speed&lang=fr&city=77&to=2", atlas, start)).toEqual(start);
    expect(parseHash("#city=1&to=1", atlas, start)).toMatchObject({ city: 0, to: null });
    expect(parseHash("", atlas, start)).toEqual(start);
  });
  it("knows no cut-off that the atlas does not have", () => {
    expect(parseHash("#reach=75", withReach, start).reach).toBeNull();
    expect(parseHash("#reach=", withReach, start).reach).toBeNull();
    expect(parseHash("#reach=60", atlas, start).reach).toBeNull();
    expect(formatHash(start, withReach)).not.toContain("reach");
  });
  it("starts with the last year", () => {
    expect(start.year).toBe(2019);
  });
  it("offers no difference of a single year", () => {
    expect(parseHash("#year=difference", { ...atlas, years: [2019] }, start).year).toBe(2019);
  });
});
