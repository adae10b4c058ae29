/** Outlines of a union of discs, found on a grid of signed distances, and their area on the ellipsoid. */

export interface Disc {
  lon: number;
  lat: number;
  radius_m: number;
}

/** Nodes of a grid in degrees, row by row from the south. */
export interface Frame {
  west: number;
  south: number;
  dLon: number;
  dLat: number;
  nx: number;
  ny: number;
  cell_m: number;
}

export const EARTH_RADIUS_M = 6_371_008.8;
const RAD = Math.PI / 180;
const DEGREE_M = EARTH_RADIUS_M * RAD;

/** Grids with more nodes than this get larger cells, so that dragging stays smooth. */
export const MAX_NODES = 1_200_000;

/** A frame around discs, with a node beyond each; null where there is no disc. */
export function frameAround(discs: Disc[], cell_m: number): Frame | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { lon, lat, radius_m } of discs) {
    if (!(radius_m > 0)) continue;
    const [dLon, dLat] = reach(lat, radius_m);
    west = Math.min(west, lon - dLon);
    east = Math.max(east, lon + dLon);
    south = Math.min(south, lat - dLat);
    north = Math.max(north, lat + dLat);
  }
  if (!(west < east)) return null;
  const narrow = Math.cos(((south + north) / 2) * RAD);
  const nodes = ((east - west) * narrow * DEGREE_M * (north - south) * DEGREE_M) / (cell_m * cell_m);
  const cell = cell_m * Math.max(1, Math.sqrt(nodes / MAX_NODES));
  const dLat = cell / DEGREE_M;
  const dLon = dLat / narrow;
  const side = 2.5;
  return {
    west: west - side * dLon,
    south: south - side * dLat,
    dLon,
    dLat,
    nx: Math.ceil((east - west) / dLon + 2 * side) + 1,
    ny: Math.ceil((north - south) / dLat + 2 * side) + 1,
    cell_m: cell,
  };
}

/** Distance in m to the edge of the nearest disc, below 0 inside; far from all discs two cells. */
export function signedDistance(frame: Frame, discs: Disc[]): Float32Array {
  const beyond = 2 * frame.cell_m;
  const values = new Float32Array(frame.nx * frame.ny).fill(beyond);
  for (const { lon, lat, radius_m } of discs) {
    if (!(radius_m > 0)) continue;
    nodesWithin(frame, { lon, lat, radius_m: radius_m + beyond }, (node, distance_m) => {
      if (distance_m - radius_m < values[node]!) values[node] = distance_m - radius_m;
    });
  }
  return values;
}

/** Visit the nodes in a disc, with their distance from its middle, m. */
export function nodesWithin(frame: Frame, { lon, lat, radius_m }: Disc, visit: (node: number, distance_m: number) => void): void {
  const { west, south, dLon, dLat, nx, ny } = frame;
  const [wide, high] = reach(lat, radius_m);
  const first = Math.max(0, Math.ceil((lat - high - south) / dLat));
  const last = Math.min(ny - 1, Math.floor((lat + high - south) / dLat));
  const left = Math.max(0, Math.ceil((lon - wide - west) / dLon));
  const right = Math.min(nx - 1, Math.floor((lon + wide - west) / dLon));
  for (let y = first; y <= last; y += 1) {
    const at = south + y * dLat;
    const north_m = (at - lat) * DEGREE_M;
    const scale = Math.cos(((at + lat) / 2) * RAD) * DEGREE_M;
    for (let x = left; x <= right; x += 1) {
      const east_m = (west + x * dLon - lon) * scale;
      const distance_m = Math.sqrt(north_m * north_m + east_m * east_m);
      if (distance_m <= radius_m) visit(y * nx + x, distance_m);
    }
  }
}

function reach(lat: number, radius_m: number): [number, number] {
  const high = radius_m / DEGREE_M;
  return [high / Math.cos(Math.min(Math.abs(lat) + high, 89) * RAD), high];
}

// edges of a cell: 0 south, 1 east, 2 north, 3 west; a line keeps what is inside on its left
const LINES: readonly (readonly number[])[] = [[], [0, 3], [1, 0], [1, 3], [2, 1], [], [2, 0], [2, 3], [3, 2], [0, 2], [], [1, 2], [3, 1], [0, 1], [3, 0], []];
const SADDLES: Record<number, { joined: readonly number[]; parted: readonly number[] }> = {
  5: { joined: [0, 1, 2, 3], parted: [0, 3, 2, 1] },
  10: { joined: [3, 0, 1, 2], parted: [1, 0, 3, 2] },
};

/** Where values, one a node, are 0 or below: shells anticlockwise, holes clockwise, as GeoJSON wants them. */
export function outline(frame: Frame, values: Float32Array): GeoJSON.MultiPolygon {
  return { type: "MultiPolygon", coordinates: polygons(rings(frame, values)) };
}

function rings(frame: Frame, values: Float32Array): GeoJSON.Position[][] {
  const { nx, ny } = frame;
  const next = new Map<number, number>();
  // a horizontal edge has twice the number of its west node, a vertical one that of its south node and one more
  const edge = (side: number, node: number) => (side === 0 ? 2 * node : side === 1 ? 2 * (node + 1) + 1 : side === 2 ? 2 * (node + nx) : 2 * node + 1);
  for (let y = 0; y < ny - 1; y += 1) {
    let node = y * nx;
    let west = (values[node]! <= 0 ? 1 : 0) + (values[node + nx]! <= 0 ? 8 : 0);
    for (let x = 0; x < nx - 1; x += 1, node += 1) {
      const east = (values[node + 1]! <= 0 ? 2 : 0) + (values[node + 1 + nx]! <= 0 ? 4 : 0);
      const kind = west + east;
      west = (east & 2 ? 1 : 0) + (east & 4 ? 8 : 0);
      if (kind === 0 || kind === 15) continue;
      let lines = LINES[kind]!;
      const saddle = SADDLES[kind];
      if (saddle) {
        const middle = values[node]! + values[node + 1]! + values[node + nx]! + values[node + nx + 1]!;
        lines = middle <= 0 ? saddle.joined : saddle.parted;
      }
      for (let at = 0; at < lines.length; at += 2) next.set(edge(lines[at]!, node), edge(lines[at + 1]!, node));
    }
  }
  const found: GeoJSON.Position[][] = [];
  for (const start of [...next.keys()]) {
    if (!next.has(start)) continue;
    const ring: GeoJSON.Position[] = [];
    let at = start;
    do {
      ring.push(crossing(frame, values, at));
      const onward = next.get(at)!;
      next.delete(at);
      at = onward;
    } while (at !== start);
    ring.push(ring[0]!);
    if (ring.length > 3) found.push(ring);
  }
  return found;
}

function crossing({ west, south, dLon, dLat, nx }: Frame, values: Float32Array, edge: number): GeoJSON.Position {
  const upward = edge & 1;
  const node = (edge - upward) / 2;
  const from = values[node]!;
  const to = values[node + (upward ? nx : 1)]!;
  const share = from / (from - to);
  const x = node % nx;
  const y = (node - x) / nx;
  return [west + (x + (upward ? 0 : share)) * dLon, south + (y + (upward ? share : 0)) * dLat];
}

/** Give each hole to the smallest shell around it. */
function polygons(all: GeoJSON.Position[][]): GeoJSON.Position[][][] {
  const sized = all.map((ring) => ({ ring, size: flatArea(ring), box: boxOf(ring) }));
  const shells = sized.filter((one) => one.size > 0).sort((a, b) => a.size - b.size);
  const made = new Map(shells.map((shell) => [shell, [shell.ring]]));
  for (const hole of sized) {
    if (hole.size >= 0) continue;
    const [x, y] = hole.ring[0]! as [number, number];
    const around = shells.find(({ ring, size, box }) => size > -hole.size && x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3] && contains(ring, x, y));
    if (around) made.get(around)!.push(hole.ring);
  }
  return [...made.values()];
}

function boxOf(ring: GeoJSON.Position[]): [number, number, number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of ring as [number, number][]) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

function flatArea(ring: GeoJSON.Position[]): number {
  let twice = 0;
  for (let at = 1; at < ring.length; at += 1) {
    const [a, b] = [ring[at - 1]!, ring[at]!];
    twice += a[0]! * b[1]! - b[0]! * a[1]!;
  }
  return twice / 2;
}

/** Whether a point lies in a ring, by the number of edges to the east of it. */
export function contains(ring: GeoJSON.Position[], x: number, y: number): boolean {
  let inside = false;
  for (let at = 1; at < ring.length; at += 1) {
    const [ax, ay] = ring[at - 1] as [number, number];
    const [bx, by] = ring[at] as [number, number];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

// WGS84
const AXIS_M = 6_378_137;
const ECCENTRICITY = Math.sqrt((1 / 298.257_223_563) * (2 - 1 / 298.257_223_563));

/** Area between the equator and a latitude over a radian of longitude, m2, on the ellipsoid (Snyder 1987, eq. 3-12). */
export function zoneArea(lat: number): number {
  const sine = Math.sin(lat * RAD);
  const e = ECCENTRICITY;
  const q = (1 - e * e) * (sine / (1 - (e * sine) ** 2) - Math.log((1 - e * sine) / (1 + e * sine)) / (2 * e));
  return (AXIS_M * AXIS_M * q) / 2;
}

/** Area of polygons on the ellipsoid, km2; edges are short and straight on an equal-area cylinder. */
export function areaKm2(shape: GeoJSON.MultiPolygon): number {
  let sum = 0;
  for (const ring of shape.coordinates.flat()) {
    let before = zoneArea(ring[0]![1]!);
    for (let at = 1; at < ring.length; at += 1) {
      const after = zoneArea(ring[at]![1]!);
      sum -= (ring[at]![0]! - ring[at - 1]![0]!) * RAD * ((before + after) / 2);
      before = after;
    }
  }
  return sum / 1e6;
}

export const EMPTY: GeoJSON.MultiPolygon = { type: "MultiPolygon", coordinates: [] };
