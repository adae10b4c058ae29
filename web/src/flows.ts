/** Flows between cities as gently curved lines: the strongest, widest on top. */
import { FEWER, FLOW, MORE } from "./colours";
import { isTime, type Lens, type Model } from "./model";

export interface Flow {
  from: number;
  to: number;
  value: number;
  kind: "value" | "gained" | "lost";
}

const STEPS = 24;
/** Height of the arc over the length of its chord. */
const BEND = 0.14;
const WIDEST = 11;

/** The strongest pairs of a measure, weakest first: from one city, or all, where both directions are one flow. */
export function flowsOf(model: Model, lens: Lens, city: number | null, top: number): Flow[] {
  const found: Flow[] = [];
  const { n } = model;
  const time = isTime(lens.measure);
  for (let from = 0; from < n; from += 1) {
    if (city !== null && from !== city) continue;
    for (let to = 0; to < n; to += 1) {
      if (to === from || (city === null && to < from)) continue;
      const own = model.pair(lens, from, to);
      const back = city === null ? model.pair(lens, to, from) : own;
      if (own.kind === "gained" || own.kind === "lost") found.push({ from, to, value: own.kind === "gained" ? 1 : -1, kind: own.kind });
      const values = [own, back].flatMap((one) => (one.kind === "value" ? [one.value] : []));
      if (!values.length) continue;
      const value = city !== null ? values[0]! : lens.difference ? values.reduce((a, b) => a + b, 0) / (time ? values.length : 1) : time ? Math.min(...values) : values.reduce((a, b) => a + b, 0);
      if (!(lens.difference && value === 0)) found.push({ from, to, value, kind: "value" });
    }
  }
  const strength = (flow: Flow) => (lens.difference ? Math.abs(flow.value) : time ? -flow.value : flow.value);
  const known = found.filter((flow) => flow.kind === "value").sort((a, b) => strength(b) - strength(a) || a.from - b.from || a.to - b.to);
  return known.slice(0, top).reverse();
}

export function flowFeatures(model: Model, lens: Lens, flows: Flow[]): GeoJSON.FeatureCollection {
  const time = isTime(lens.measure);
  const sizes = flows.map((flow) => (lens.difference ? Math.abs(flow.value) : time ? 1 / Math.max(flow.value, 60) : flow.value));
  const most = Math.max(...sizes, 1e-12);
  const place = (at: number): [number, number] => [model.atlas.cities[at]!.lon, model.atlas.cities[at]!.lat];
  return {
    type: "FeatureCollection",
    features: flows.map((flow, rank) => {
      const share = sizes[rank]! / most;
      // a shorter time is better, and more trains are; blue and purple are better, red and orange worse
      const better = time ? flow.value < 0 : flow.value > 0;
      const colour = !lens.difference ? FLOW : time ? (better ? "#2166ac" : "#b2182b") : better ? MORE : FEWER;
      return {
        type: "Feature",
        properties: { rank, colour, width: Math.max(1, WIDEST * Math.sqrt(share) * (time && !lens.difference ? share ** 0.5 : 1)), opacity: 0.35 + 0.5 * Math.sqrt(share) },
        geometry: { type: "LineString", coordinates: arc(place(flow.from), place(flow.to)) },
      };
    }),
  };
}

/** A quadratic curve that bends to the left of its way, in map units of the mercator projection. */
export function arc(from: [number, number], to: [number, number]): [number, number][] {
  const squeeze = Math.cos((((from[1] + to[1]) / 2) * Math.PI) / 180);
  const [dx, dy] = [(to[0] - from[0]) * squeeze, to[1] - from[1]];
  const middle: [number, number] = [(from[0] + to[0]) / 2 - (2 * BEND * dy) / squeeze, (from[1] + to[1]) / 2 + 2 * BEND * dx];
  return Array.from({ length: STEPS + 1 }, (_, at) => {
    const t = at / STEPS;
    const point = (axis: 0 | 1) => (1 - t) ** 2 * from[axis] + 2 * t * (1 - t) * middle[axis] + t ** 2 * to[axis];
    return [Number(point(0).toFixed(4)), Number(point(1).toFixed(4))];
  });
}
