import { describe, expect, it } from "vitest";
import { areaKm2, frameAround, outline, signedDistance, zoneArea, type Disc } from "../src/contour";
import { Isochrones, distanceM, quantile, unbeaten, type IsochroneFigures, type StationTimes } from "../src/isochrone";
import { unpackJourneys, unpackNumbers } from "../src/station_pack";
import { Land } from "../src/land";

const figures: IsochroneFigures = {
  file: "data/station_times.js",
  cutoffs_min: [15, 180],
  percentiles: [5, 50, 95],
  percentile: 50,
  outside_km: 100,
  tolerance: 0.04,
  definition: { en: "", zh: "" },
  window_s: [8 * 3600, 10 * 3600],
  stations: 3,
  ground: { fixed_s: 600, speed_m_s: 25 / 3.6, detour: 1.3, max_time_s: 3600, en: "10 min + straight line", zh: "10 分钟 + 直线" },
  states: [
    { key: "2012", title: { en: "2012", zh: "2012年" }, year: 2012, date: "2012-07-01", typical_departures: true, journeys: 1 },
    { key: "2019", title: { en: "2019", zh: "2019年" }, year: 2019, date: "2019-10-01", typical_departures: true, journeys: 3 },
  ],
};

const ALPHABET = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).filter((one) => !'"\\<'.includes(one));
const text = (...values: number[]) => values.map((value) => ALPHABET[90]!.repeat(Math.floor(value / 90)) + ALPHABET[value % 90]!).join("");

/** A and B lie 2 degrees apart; a third station 0.2 degrees beyond B. Trains from A at 9:00 (to B) and 9:00 (to C), 30 and 40 min. */
const data: StationTimes = {
  format: 2,
  first_min: 8 * 60,
  stations: [["a", "甲", "Alpha", 120, 30, null], ["b", "乙", "Beta", 122, 30, null], ["c", "丙", "Gamma", 122.2, 30, null]],
  states: {
    2012: { base: null, count: text(0, 2, 0, 0, 0, 0, 0, 0, 0), gap_min: text(60), first_min: text(50), arrival_gap_min: "" },
    2019: { base: null, count: text(0, 2, 2, 0, 0, 0, 0, 0, 0), gap_min: text(60, 60), first_min: text(30, 40), arrival_gap_min: "" },
  },
};
const isochrones = new Isochrones(figures, data);

describe("packed journeys", () => {
  it("are numbers that carry on after 90", () => {
    expect([...unpackNumbers(text(3, 520, 0, 90, 89))]).toEqual([3, 520, 0, 90, 89]);
  });
  it("stand by origin with their departures and by destination with their arrivals, and are else as in the base", () => {
    // 0 to 1 twice, 1 to 0 once; then 0 to 1 as before, 1 to 0 no more
    const before = unpackJourneys({ base: null, count: text(0, 3, 2, 0), gap_min: text(10, 5, 120), first_min: text(30, 20), arrival_gap_min: text(6) }, null, 60);
    expect([...before.depart_s].map((second) => second / 60)).toEqual([70, 75, 180]);
    expect([...before.arrive_s].map((second) => second / 60)).toEqual([100, 107, 200]);
    const after = unpackJourneys({ base: "before", count: text(0, 0, 1, 0), gap_min: "", first_min: "", arrival_gap_min: "" }, before, 60);
    expect([...after.offset]).toEqual([0, 0, 2, 2, 2]);
    expect([...after.arrive_s]).toEqual([6000, 6420]);
  });
});

describe("percentiles over the window", () => {
  const SHIFT = 262_144;
  const key = (leave: number, arrive: number) => (leave + 86_400) * SHIFT + arrive;
  const keys = (...pairs: [number, number][]) => Float64Array.from(pairs.map(([leave, arrive]) => key(leave, arrive))).sort();

  it("count every departure second, the wait included", () => {
    // one train, leaving at 100 and there at 160: who leaves at t in [0, 100] needs 160 - t
    const { spans } = unbeaten(keys([100, 160]), [0, 200]);
    expect(quantile(spans, 1, 1000)).toBe(60);
    expect(quantile(spans, 51, 1000)).toBe(110);
    expect(quantile(spans, 101, 1000)).toBe(160);
    expect(quantile(spans, 102, 1000)).toBe(Infinity);
  });
  it("leave out what is beaten, and take what leaves after the window", () => {
    const found = unbeaten(keys([50, 90], [60, 80], [60, 85], [300, 330], [400, 450]), [0, 200]);
    expect([...found.keys].map((one) => one % SHIFT)).toEqual([80, 330]);
    const all = [...Array(200).keys()].map((t) => (t <= 60 ? 80 : 330) - t).sort((a, b) => a - b);
    for (const rank of [1, 10, 61, 62, 100, 200]) expect(quantile(found.spans, rank, 1000)).toBe(all[rank - 1]);
  });
});

describe("times from a point", () => {
  it("add the ways at both ends", () => {
    const way_s = (metres: number) => 600 + (metres * 1.3) / (25 / 3.6);
    // one leaves at the last moment for the train of 9:00, which is there 30 min later
    const field = isochrones.from(120.05, 30, "2019", 1, [8 * 3600, 9 * 3600]);
    const access = Math.ceil(way_s(distanceM(120.05, 30, 120, 30)));
    const least = access + 1800 + Math.ceil(way_s(distanceM(122.05, 30, 122, 30)));
    // one per cent of an hour is 36 s
    expect(isochrones.timeTo(field, 122.05, 30)).toBe(least + 35);
    expect(isochrones.timeTo(field, 120.06, 30)).toBeCloseTo(way_s(distanceM(120.05, 30, 120.06, 30)), 6);
    expect(isochrones.timeTo(field, 125, 30)).toBe(Infinity);
    expect(() => isochrones.from(120, 30, "1999", 50)).toThrow("no timetable 1999");
  });
  it("outline discs around the point and the stations", () => {
    const field = isochrones.from(120, 30, "2019", 1, [8 * 3600, 9 * 3600]);
    const [early, all] = isochrones.contours(field, [30, 100]);
    const radius = (minutes: number) => ((minutes * 60 - 600) * 25) / 3.6 / 1.3;
    expect(early!.coordinates).toHaveLength(1);
    expect(areaKm2(early!)).toBeCloseTo((Math.PI * radius(30) ** 2) / 1e6, -1);
    // from Alpha one is at Beta after 10 + 30 min and 35 s, and at Gamma 10 min later
    expect(all!.coordinates).toHaveLength(2);
    const [beta, gamma] = [radius(100 - 40 - 35 / 60), radius(100 - 50 - 35 / 60)].map((one) => Math.min(one, radius(60)));
    const apart = distanceM(122, 30, 122.2, 30);
    expect(apart).toBeGreaterThan(Math.max(beta!, gamma!));
    expect(apart).toBeLessThan(beta! + gamma!);
    for (const ring of all!.coordinates.flat()) expect(ring[0]).toEqual(ring[ring.length - 1]);
  });
  it("say what is kept, gained and lost", () => {
    const [before, after] = ["2012", "2019"].map((state) => isochrones.from(120, 30, state, 1, [8 * 3600, 9 * 3600]));
    const parts = isochrones.compare(before!, after!, 90);
    const [then, now] = [isochrones.contours(before!, [90])[0]!, isochrones.contours(after!, [90])[0]!];
    expect(areaKm2(parts.kept) + areaKm2(parts.lost)).toBeCloseTo(areaKm2(then), -1);
    expect(areaKm2(parts.kept) + areaKm2(parts.gained)).toBeCloseTo(areaKm2(now), -1);
    expect(areaKm2(parts.gained)).toBeGreaterThan(100);
    expect(parts.lost.coordinates).toEqual([]);
  });
  it("take time that a hand would not notice", () => {
    const started = performance.now();
    for (let at = 0; at < 10; at += 1) isochrones.contours(isochrones.from(120 + at / 100, 30, "2019", 50), [180]);
    expect((performance.now() - started) / 10).toBeLessThan(150);
  });
  it("refuse a file of another format", () => {
    expect(() => new Isochrones(figures, { ...data, format: 1 })).toThrow("format 1, expected 2");
  });
});

describe("outlines", () => {
  const disc = (lon: number, lat: number, radius_m: number): Disc => ({ lon, lat, radius_m });
  const shape = (...discs: Disc[]) => {
    const frame = frameAround(discs, 500)!;
    return outline(frame, signedDistance(frame, discs));
  };
  it("have the area of a disc, wherever it lies", () => {
    for (const lat of [0, 31, 60, -45]) {
      // distances are those of a sphere, as the engine's are; at the equator that is half a per cent
      expect(Math.abs(areaKm2(shape(disc(120, lat, 10_000))) / (Math.PI * 100) - 1)).toBeLessThan(0.008);
    }
  });
  it("leave holes between discs and turn them the other way", () => {
    const around = [...Array(8).keys()].map((at) => disc(120 + 0.2 * Math.cos((at * Math.PI) / 4), 30 + 0.2 * Math.sin((at * Math.PI) / 4), 10_000));
    const ring = shape(...around);
    expect(ring.coordinates).toHaveLength(1);
    expect(ring.coordinates[0]).toHaveLength(2);
    const whole = areaKm2({ type: "MultiPolygon", coordinates: [[ring.coordinates[0]![0]!]] });
    const hole = areaKm2({ type: "MultiPolygon", coordinates: [[ring.coordinates[0]![1]!]] });
    expect(hole).toBeLessThan(0);
    expect(areaKm2(ring)).toBeCloseTo(whole + hole, 6);
  });
  it("are none where there is no disc", () => {
    expect(frameAround([], 500)).toBeNull();
    expect(frameAround([disc(120, 30, 0)], 500)).toBeNull();
  });
  it("measure as the ellipsoid is", () => {
    // all of it: 510,065,622 km2
    expect((4 * Math.PI * zoneArea(90)) / 1e6).toBeCloseTo(510_065_622, -1);
  });
});

describe("land", () => {
  const square = (west: number, south: number, east: number, north: number): GeoJSON.Position[] => [[west, south], [east, south], [east, north], [west, north], [west, south]];
  const feature = (layer: "land" | "water", rings: GeoJSON.Position[][]) => ({ layer, name: null, name_en: null, source_id: null, geometry: { type: "Polygon" as const, coordinates: rings } });
  const whole: GeoJSON.MultiPolygon = { type: "MultiPolygon", coordinates: [[square(120, 30, 122, 31)]] };

  it("does not count sea and lakes", () => {
    const land = new Land([feature("land", [square(121, 29, 125, 33)]), feature("water", [square(121.5, 30, 121.75, 32)])]);
    expect(land.known).toBe(true);
    expect(land.areaKm2(whole) / areaKm2(whole)).toBeCloseTo(0.375, 2);
    expect(land.sea([119, 29, 123, 32])!.coordinates).toHaveLength(2);
  });
  it("counts all where there is no base map", () => {
    const land = new Land([]);
    expect(land.known).toBe(false);
    expect(land.areaKm2(whole) / areaKm2(whole)).toBeCloseTo(1, 2);
    expect(land.sea([119, 29, 123, 32])).toBeNull();
  });
});
