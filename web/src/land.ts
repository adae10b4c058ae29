/** Land of the base map: how much of an outline lies on it, and a sheet of sea to lay over what does not. */
import type { Atlas } from "./contract";
import { zoneArea } from "./contour";

type Position = GeoJSON.Position;

/** Height of the strips in which areas are measured, degrees; about 500 m. */
const STRIP = 0.0045;
const RAD = Math.PI / 180;

export class Land {
  readonly #land: Position[][];
  readonly #water: Position[][];
  /** Where outlines of land and water cross the middle of a strip, by strip, ascending. */
  #strips: { land: Map<number, number[]>; water: Map<number, number[]> } | null = null;

  constructor(base: Atlas["base"]) {
    const rings = (layer: string) => base.filter((one) => one.layer === layer).flatMap((one) => polygonsOf(one.geometry).flat());
    this.#land = rings("land");
    this.#water = rings("water");
  }

  /** Whether the base map has land at all; without it nothing is cut. */
  get known(): boolean {
    return this.#land.length > 0;
  }

  /** Part of an outline that is land and not a lake, km2. */
  areaKm2(shape: GeoJSON.MultiPolygon): number {
    this.#strips ??= { land: crossings(this.#land), water: crossings(this.#water) };
    const { land, water } = this.#strips;
    let sum = 0;
    for (const [strip, own] of crossings(shape.coordinates.flat())) {
      const width = overlap(own, this.known ? (land.get(strip) ?? []) : null, water.get(strip) ?? []);
      sum += width * RAD * (zoneArea((strip + 1) * STRIP) - zoneArea(strip * STRIP));
    }
    return sum / 1e6;
  }

  /** All that is not land within a box (west, south, east, north): drawn over outlines it cuts them at the shore. */
  sea(box: [number, number, number, number]): GeoJSON.Polygon | null {
    if (!this.known) return null;
    const [west, south, east, north] = box;
    const frame: Position[] = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    return { type: "Polygon", coordinates: [frame, ...this.#land] };
  }
}

function polygonsOf(geometry: GeoJSON.Geometry): Position[][][] {
  if (geometry.type === "Polygon") return [geometry.coordinates];
  if (geometry.type === "MultiPolygon") return geometry.coordinates;
  return geometry.type === "GeometryCollection" ? geometry.geometries.flatMap(polygonsOf) : [];
}

function crossings(rings: Position[][]): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const ring of rings) {
    for (let at = 1; at < ring.length; at += 1) {
      const [ax, ay] = ring[at - 1] as [number, number];
      const [bx, by] = ring[at] as [number, number];
      if (ay === by) continue;
      // strips whose middle lies above the lower end and not above the upper one
      const low = Math.floor(Math.min(ay, by) / STRIP - 0.5) + 1;
      const high = Math.floor(Math.max(ay, by) / STRIP - 0.5);
      for (let strip = low; strip <= high; strip += 1) {
        const x = ax + ((bx - ax) * ((strip + 0.5) * STRIP - ay)) / (by - ay);
        const row = found.get(strip);
        if (row) row.push(x);
        else found.set(strip, [x]);
      }
    }
  }
  for (const row of found.values()) row.sort((a, b) => a - b);
  return found;
}

/** Width in degrees of what lies inside the first set of crossings, inside the second (null = everywhere) and outside the third. */
function overlap(own: number[], land: number[] | null, water: number[]): number {
  let [i, j, k] = [0, 0, 0];
  let [width, from] = [0, 0];
  for (;;) {
    const x = Math.min(own[i] ?? Infinity, land?.[j] ?? Infinity, water[k] ?? Infinity);
    if (i & 1 && (!land || j & 1) && !(k & 1)) width += (x === Infinity ? from : x) - from;
    // beyond the last crossing of the outline nothing is left
    if (i >= own.length) return width;
    from = x;
    if (own[i] === x) i += 1;
    else if (land?.[j] === x) j += 1;
    else k += 1;
  }
}
