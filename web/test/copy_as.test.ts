import { describe, expect, it } from "vitest";
import written from "../../tests/publish/copied_views.json";
import { copyAs, regionOf, type Copied, type IsochroneView, type MeasureView, type Region } from "../src/copy_as";

interface Case {
  name: string;
  view: MeasureView | IsochroneView;
  copied: Copied;
}

const yrd: Region = { shipped: "yrd", version: "1", software: "megaregion 0.1.0" };

describe("lines", () => {
  // tests/publish/test_copied_views.py runs them
  const cases = written as unknown as Case[];
  it.each(cases)("$name are those that the Python tests run", ({ view, copied }) => {
    expect(copyAs(view, yrd)).toEqual(copied);
  });

  const point: IsochroneView = { kind: "isochrone", lon: -46.6, lat: -23.5, cutoffs_min: [30, 60], percentile: 50, window_s: [25200, 36000], state: { year: 2019 }, before: null };
  it("do not take a point for an option, nor a name for several words", () => {
    expect(copyAs(point, { ...yrd, shipped: null }).shell).toBe("megaregion isochrone --region path/to/region --year 2019 --window 07:00-10:00 --cutoffs 30,60 --percentiles 50 -- -46.6,-23.5");
    const odd = copyAs({ ...point, lon: 120, state: { year: 2019, scenario: "it's; rm -rf.toml" } }, yrd);
    expect(odd.shell).toContain(`--scenario 'it'\\''s; rm -rf.toml'`);
    expect(odd.python).toContain(`apply(region, "it's; rm -rf.toml")[0]`);
  });
  it("stay comments where a version holds a line break", () => {
    expect(copyAs(point, { ...yrd, version: "1\nimport os" }).python.split("\n")[0]).toBe("# region yrd, 1 import os; megaregion 0.1.0");
  });
  it("open a region that ships by its name, and any other as the reader's folder", () => {
    expect(regionOf({ version: "example yrd" }, "megaregion 0.1.0").shipped).toBe("yrd");
    expect(regionOf({ version: "3" }, "megaregion 0.1.0").shipped).toBeNull();
    expect(copyAs(point, { ...yrd, shipped: null }).python).toContain('mr.open("path/to/region")');
  });
  it("have no command where none gives the same numbers", () => {
    expect(copyAs({ ...point, state: { year: 2019, scenario: "metro-2026", base: true } }, yrd).shell).toBeNull();
    expect(copyAs({ ...point, state: { year: 2019, scenario: "a.toml" }, before: { year: 2019, scenario: "b.toml" } }, yrd).shell).toBeNull();
  });
});
