import { describe, expect, it } from "vitest";
import written from "../../tests/publish/copied_views.json";
import { copyAs, regionOf, type Copied, type IsochroneView, type MeasureView, type Region } from "../src/copy_as";
import { isochroneView, measureView } from "../src/copy_view";

interface Case {
  name: string;
  view: MeasureView | IsochroneView;
  copied: Copied;
}

const yrd: Region = { shipped: "yrd", opens: "yrd", version: "1", software: "megaregion 0.1.0" };

describe("lines", () => {
  // tests/publish/test_copied_views.py runs them
  const cases = written as unknown as Case[];
  it.each(cases)("$name are those that the Python tests run", ({ view, copied }) => {
    expect(copyAs(view, yrd)).toEqual(copied);
  });

  const point: IsochroneView = { kind: "isochrone", lon: -46.6, lat: -23.5, cutoffs_min: [30, 60], percentile: 50, window_s: [25200, 36000], state: { year: 2019 }, before: null };
  it("do not take a point for an option, nor a name for several words", () => {
    expect(copyAs(point, { ...yrd, shipped: null, opens: "my.region" }).shell).toBe("megaregion isochrone --region my.region --year 2019 --window 07:00-10:00 --cutoffs 30,60 --percentiles 50 -- -46.6,-23.5");
    const odd = copyAs({ ...point, lon: 120, state: { year: 2019, scenario: "it's; rm -rf.toml" } }, yrd);
    expect(odd.shell).toContain(`--scenario 'it'\\''s; rm -rf.toml'`);
    expect(odd.python).toContain(`apply(region, "it's; rm -rf.toml")[0]`);
  });
  it("stay comments where a version holds a line break", () => {
    expect(copyAs(point, { ...yrd, version: "1\nimport os" }).python.split("\n")[0]).toBe("# region yrd, 1 import os; megaregion 0.1.0");
  });
  it("open a region that ships by its name, and any other as the reader's folder", () => {
    expect(regionOf({ name: "yrd", version: "example yrd" }, "megaregion 0.1.0", "elsewhere")).toMatchObject({ shipped: "yrd", opens: "yrd" });
    expect(regionOf({ name: "delta", version: "3" }, "megaregion 0.1.0")).toMatchObject({ shipped: null, opens: "delta.region" });
    const served = regionOf({ name: "delta", version: "3" }, "megaregion 0.1.0", "maps/三角洲");
    expect(copyAs(point, served).python).toContain('mr.open("maps/三角洲")');
    expect(copyAs(point, served).shell).toContain("--region maps/三角洲 ");
  });
  it("have no command where none gives the same numbers", () => {
    expect(copyAs({ ...point, state: { year: 2019, scenario: "metro-2026", base: true } }, yrd).shell).toBeNull();
    expect(copyAs({ ...point, state: { year: 2019, scenario: "a.toml" }, before: { year: 2019, scenario: "b.toml" } }, yrd).shell).toBeNull();
  });
});

describe("what is looked at", () => {
  const states = [
    { id: "2012", kind: "year", year: 2012, before: null },
    { id: "2019", kind: "year", year: 2019, before: "2012" },
    { id: "metro-2026-base", kind: "base", year: 2019, before: null },
    { id: "metro-2026", kind: "scenario", year: 2019, before: "metro-2026-base" },
  ] as const;
  const held = { "metro-2026": { parameters: { year: 2019, minutes: 60, by: "train", odd: null } } };
  const lens = { measure: { name: "people_within", shape: "city" as const, values: { "60": held } }, variant: "60", now: states[3], before: states[2], difference: true };

  it("is a scenario against its base, with the parameters of its result", () => {
    expect(measureView(states, lens, "310000", null)).toEqual({
      kind: "measure",
      measure: "people_within",
      shape: "city",
      parameters: { minutes: 60, by: "train" },
      state: { year: 2019, scenario: "metro-2026" },
      before: { year: 2019, scenario: "metro-2026", base: true },
      by_year: true,
      city: "310000",
      to: null,
    });
    expect(measureView(states, { ...lens, difference: false }, null, null).before).toBeNull();
  });
  it("may depend on no state", () => {
    const always = { measure: { name: "city_count", shape: "value" as const, values: { "": { always: { parameters: {} } } } }, variant: "", now: null, before: null, difference: false };
    expect(copyAs(measureView(states, always, null, null), yrd).python).toContain('mr.run(region, measures=["city_count"])');
  });
  it("is a point, to ten metres", () => {
    expect(isochroneView(states, [121.473701, 31.2304], { cutoff: 60, percentile: 50, window_s: [21600, 79200] }, states[1], states[0])).toEqual({
      kind: "isochrone",
      lon: 121.4737,
      lat: 31.2304,
      cutoffs_min: [60],
      percentile: 50,
      window_s: [21600, 79200],
      state: { year: 2019 },
      before: { year: 2012 },
    });
  });
});
