/**
 * Isochrones of any point, found in the browser from the journeys between stations that the atlas holds.
 *
 * From a point one goes over the ground to a station, rides, and goes on over the ground. For every second of the window
 * the first arrival by the best of the stations at both ends counts, and of these times the percentile: as the engine
 * does. Around each station that gives a disc; land near several stations, which now the one and now the other serves
 * best, is looked at node by node. What is left of a difference: minutes are whole, and so are the cells of the grid.
 */
import { EARTH_RADIUS_M, EMPTY, frameAround, nodesWithin, outline, signedDistance, type Disc, type Frame } from "./contour";
import { unpackJourneys, type Journeys, type PackedJourneys } from "./station_pack";

export interface Ground {
  fixed_s: number;
  speed_m_s: number;
  detour: number;
  /** Longest way between a point and a station, and from door to door. */
  max_time_s: number;
  en: string;
  zh: string;
}

export interface TimetableState {
  /** A year as text, or the id of a scenario. */
  key: string;
  title: { en: string; zh: string };
  year: number;
  date: string;
  typical_departures: boolean;
  journeys: number;
}

/** Key `isochrones` of data.js. */
export interface IsochroneFigures {
  file: string;
  cutoffs_min: [number, number];
  percentiles: number[];
  /** Percentile and window that count where nothing else is chosen. */
  percentile: number;
  window_s: [number, number];
  /** A point farther than this from every station and city lies outside the region. */
  outside_km: number;
  /** Share by which areas may differ from those of the engine. */
  tolerance: number;
  /** What an area means. */
  definition: { en: string; zh: string };
  stations: number;
  ground: Ground;
  states: TimetableState[];
}

/** Id, names in both languages, longitude, latitude, id of its city. */
export type StationRow = [string, string, string, number, number, string | null];

/** What `file` holds; see `atlas_stations.py`. */
export interface StationTimes {
  format: number;
  first_min: number;
  stations: StationRow[];
  states: Record<string, PackedJourneys>;
}

declare global {
  interface Window {
    MEGAREGION_STATION_TIMES?: StationTimes;
  }
}

export const STATION_FORMAT = 2;

/** What is reached from a point: the stations one gets to, and when. */
export interface Field {
  lon: number;
  lat: number;
  state: string;
  percentile: number;
  window_s: [number, number];
  /** Seconds of the window that stand for the percentile. */
  rank: number;
  arrivals: Arrival[];
}

interface Arrival {
  lon: number;
  lat: number;
  /** Percentile of the time at which one stands at the station, s; Infinity beyond the longest cut-off. */
  time_s: number;
  /** Journeys worth taking, by the moment of leaving the point; each one number, see `SHIFT`. */
  keys: Float64Array;
  /** By whole minutes: seconds of the window whose travel time is no longer. */
  within: Float64Array;
}

export type Part = "kept" | "gained" | "lost";

const RAD = Math.PI / 180;
const CELL_M = 1000;

// a journey is one number that sorts by departure: seconds times this, plus the arrival; a service day ends before 2^18 s
const SHIFT = 262_144;
const EARLIEST = -86_400;

export class Isochrones {
  readonly figures: IsochroneFigures;
  readonly stations: StationRow[];
  readonly #journeys = new Map<string, Journeys>();
  readonly #packed: StationTimes;

  constructor(figures: IsochroneFigures, data: StationTimes) {
    if (data.format !== STATION_FORMAT) throw new Error(`${figures.file}: format ${data.format}, expected ${STATION_FORMAT}`);
    this.figures = figures;
    this.stations = data.stations;
    this.#packed = data;
  }

  /** Travel times from a point in one timetable; percentile in per cent of the departure seconds of the window. */
  from(lon: number, lat: number, state: string, percentile: number, window_s: [number, number] = this.figures.window_s): Field {
    const { stations } = this;
    const { max_time_s } = this.figures.ground;
    const journeys = this.#of(state);
    const near: { station: number; access_s: number }[] = [];
    stations.forEach((station, at) => {
      const access_s = Math.ceil(this.#ground_s(distanceM(lon, lat, station[3], station[4])));
      if (access_s <= max_time_s) near.push({ station: at, access_s });
    });
    const limit = this.figures.cutoffs_min[1] * 60;
    const rank = Math.ceil((percentile * (window_s[1] - window_s[0])) / 100);
    const arrivals: Arrival[] = [];
    stations.forEach((station, to) => {
      const { keys, spans } = unbeaten(merge(journeys, near, to, stations.length), window_s);
      const within = secondsWithin(spans, limit);
      if (within[within.length - 1]) arrivals.push({ lon: station[3], lat: station[4], time_s: quantile(spans, rank, limit), keys, within });
    });
    return { lon, lat, state, percentile, window_s, rank, arrivals };
  }

  /** Outline of what is reached within each cut-off (min). Sea is not cut out: see `Land`. */
  contours(field: Field, cutoffs_min: readonly number[], cell_m = CELL_M): GeoJSON.MultiPolygon[] {
    return cutoffs_min.map((minutes) => {
      const frame = frameAround(this.#bounds(field, minutes), cell_m);
      return frame ? outline(frame, this.#surface(field, minutes, frame)) : EMPTY;
    });
  }

  /** What is reached in both of two fields, only in the second, and only in the first. */
  compare(before: Field, after: Field, minutes: number, cell_m = CELL_M): Record<Part, GeoJSON.MultiPolygon> {
    const frame = frameAround([...this.#bounds(before, minutes), ...this.#bounds(after, minutes)], cell_m);
    if (!frame) return { kept: EMPTY, gained: EMPTY, lost: EMPTY };
    const [then, now] = [this.#surface(before, minutes, frame), this.#surface(after, minutes, frame)];
    return {
      kept: outline(frame, then.map((value, at) => Math.max(value, now[at]!))),
      gained: outline(frame, now.map((value, at) => Math.max(value, -then[at]!))),
      lost: outline(frame, then.map((value, at) => Math.max(value, -now[at]!))),
    };
  }

  /** Travel time to another point, s; Infinity = not within the longest cut-off. */
  timeTo(field: Field, lon: number, lat: number): number {
    const limit = this.figures.cutoffs_min[1] * 60;
    const direct = this.#ground_s(distanceM(lon, lat, field.lon, field.lat));
    const best = direct <= this.figures.ground.max_time_s ? direct : Infinity;
    const time_s = Math.min(best, this.#byBest(field, this.#egresses(field.arrivals, lon, lat), limit));
    return time_s <= limit ? time_s : Infinity;
  }

  /** Around the point and each station, as far as the time that is left allows. */
  #discs(field: Field, minutes: number, time_s: (arrival: Arrival) => number): Disc[] {
    const { fixed_s, speed_m_s, detour, max_time_s } = this.figures.ground;
    const found: Disc[] = [];
    const add = (lon: number, lat: number, spent_s: number) => {
      const left_s = Math.min(minutes * 60 - spent_s, max_time_s) - fixed_s;
      if (left_s > 0) found.push({ lon, lat, radius_m: (left_s * speed_m_s) / detour });
    };
    add(field.lon, field.lat, 0);
    for (const arrival of field.arrivals) add(arrival.lon, arrival.lat, time_s(arrival));
    return found;
  }

  /** As the discs of whoever leaves at the best moment, beyond which nothing is reached. */
  #bounds(field: Field, minutes: number): Disc[] {
    return this.#discs(field, minutes, (arrival) => 60 * (arrival.within.findIndex((seconds) => seconds > 0) - 1));
  }

  /** Metres by which one gets beyond each node (below 0) or fails to. */
  #surface(field: Field, minutes: number, frame: Frame): Float32Array {
    const { fixed_s, speed_m_s, detour, max_time_s } = this.figures.ground;
    const values = signedDistance(frame, this.#discs(field, minutes, (arrival) => arrival.time_s));
    const pace = speed_m_s / detour;
    const served = new Float64Array(values.length);
    const nodes: number[] = [];
    // no station alone will do; together they may, if their seconds add up to enough
    for (const { lon, lat, within } of field.arrivals) {
      const left_s = Math.min(minutes * 60, max_time_s) - fixed_s;
      nodesWithin(frame, { lon, lat, radius_m: left_s * pace }, (node, distance_m) => {
        if (values[node]! <= 0) return;
        const seconds = within[Math.ceil(minutes - (fixed_s + distance_m / pace) / 60)] ?? 0;
        if (served[node]! < field.rank && served[node]! + seconds >= field.rank) nodes.push(node);
        served[node] = served[node]! + seconds;
      });
    }
    for (const node of nodes) {
      const lat = frame.south + Math.floor(node / frame.nx) * frame.dLat;
      const lon = frame.west + (node % frame.nx) * frame.dLon;
      const late_s = this.#byBest(field, this.#egresses(field.arrivals, lon, lat), minutes * 60 + (2 * frame.cell_m) / pace) - minutes * 60;
      values[node] = Math.min(values[node]!, late_s * pace);
    }
    return values;
  }

  #egresses(arrivals: readonly Arrival[], lon: number, lat: number): [Float64Array, number][] {
    const found: [Float64Array, number][] = [];
    const { max_time_s } = this.figures.ground;
    for (const arrival of arrivals) {
      // a degree of latitude is over 110 km; most stations are far away
      if (Math.abs(arrival.lat - lat) * 110_000 * this.figures.ground.detour > max_time_s * this.figures.ground.speed_m_s) continue;
      const egress_s = Math.ceil(this.#ground_s(distanceM(lon, lat, arrival.lon, arrival.lat)));
      if (egress_s <= max_time_s) found.push([arrival.keys, egress_s]);
    }
    return found;
  }

  /** Percentile of the travel time by whichever of some stations is best at each moment. */
  #byBest(field: Field, ways: [Float64Array, number][], limit: number): number {
    const keys = new Float64Array(ways.reduce((sum, [own]) => sum + own.length, 0));
    let at = 0;
    for (const [own, egress_s] of ways) for (let one = 0; one < own.length; one += 1, at += 1) keys[at] = own[one]! + egress_s;
    return quantile(unbeaten(ways.length > 1 ? keys.sort() : keys, field.window_s).spans, field.rank, limit);
  }

  #ground_s(distance_m: number): number {
    const { fixed_s, speed_m_s, detour } = this.figures.ground;
    return fixed_s + (distance_m * detour) / speed_m_s;
  }

  #of(state: string): Journeys {
    let found = this.#journeys.get(state);
    if (!found) {
      const packed = this.#packed.states[state];
      if (!packed) throw new Error(`${this.figures.file} has no timetable ${state}`);
      found = unpackJourneys(packed, packed.base === null ? null : this.#of(packed.base), this.#packed.first_min);
      this.#journeys.set(state, found);
    }
    return found;
  }
}

/** Load the journeys once, when they are first asked for. */
let loading: Promise<StationTimes> | null = null;
export function loadStationTimes(figures: IsochroneFigures): Promise<StationTimes> {
  if (window.MEGAREGION_STATION_TIMES) return Promise.resolve(window.MEGAREGION_STATION_TIMES);
  loading ??= new Promise<StationTimes>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = figures.file;
    script.onload = () => (window.MEGAREGION_STATION_TIMES ? resolve(window.MEGAREGION_STATION_TIMES) : reject(new Error(figures.file)));
    script.onerror = () => reject(new Error(figures.file));
    document.head.append(script);
  }).catch((problem: unknown) => {
    loading = null;
    throw problem;
  });
  return loading;
}

export function distanceM(lon: number, lat: number, otherLon: number, otherLat: number): number {
  const square = Math.sin(((otherLat - lat) * RAD) / 2) ** 2 + Math.cos(lat * RAD) * Math.cos(otherLat * RAD) * Math.sin(((otherLon - lon) * RAD) / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(square)));
}

/** Journeys from a point to one station by all stations near the point, in order of leaving the point. */
function merge({ offset, depart_s, arrive_s }: Journeys, near: { station: number; access_s: number }[], to: number, n: number): Float64Array {
  let size = 0;
  for (const { station } of near) size += offset[station * n + to + 1]! - offset[station * n + to]!;
  const keys = new Float64Array(size);
  let at = 0;
  for (const { station, access_s } of near) {
    const pair = station * n + to;
    for (let one = offset[pair]!; one < offset[pair + 1]!; one += 1, at += 1) keys[at] = (depart_s[one]! - access_s - EARLIEST) * SHIFT + arrive_s[one]!;
  }
  // those of one station are in order already
  return near.length > 1 ? keys.sort() : keys;
}

/** Spans of departure seconds that share an arrival: the least travel time of each, and how many seconds it has. */
interface Spans {
  low: number[];
  length: number[];
}

/**
 * Journeys that no other beats, latest last, and the spans of the window's seconds that take them.
 *
 * Who leaves at second t takes the first arrival of what leaves at t or later, so that between two departures worth
 * taking the time falls by a second a second: it is counted in spans, as the engine does.
 */
export function unbeaten(keys: Float64Array, [start, end]: [number, number]): { keys: Float64Array; spans: Spans } {
  const low: number[] = [];
  const length: number[] = [];
  const kept: number[] = [];
  let [best, until] = [Infinity, end - 1];
  for (let at = keys.length - 1; at >= 0 && until >= start; at -= 1) {
    const key = keys[at]!;
    const leave = Math.floor(key / SHIFT) + EARLIEST;
    const arrive = key % SHIFT;
    if (arrive >= best) continue;
    if (leave < until) {
      if (best < Infinity) {
        low.push(best - until);
        length.push(until - Math.max(leave, start - 1));
      }
      until = leave;
    } else kept.pop(); // no second of the window would take the last one
    best = arrive;
    kept.push(key);
  }
  if (until >= start && best < Infinity) {
    low.push(best - until);
    length.push(until - start + 1);
  }
  return { keys: Float64Array.from(kept.reverse()), spans: { low, length } };
}

/** Least travel time that as many departure seconds as the rank do not exceed; Infinity beyond the limit. */
export function quantile({ low, length }: Spans, rank: number, limit: number): number {
  const within = (time: number) => {
    let seconds = 0;
    for (let at = 0; at < low.length; at += 1) seconds += Math.max(0, Math.min(time - low[at]! + 1, length[at]!));
    return seconds;
  };
  let [below, above] = [0, Math.ceil(limit)];
  if (within(above) < rank) return Infinity;
  while (below < above) {
    const middle = (below + above) >> 1;
    if (within(middle) >= rank) above = middle;
    else below = middle + 1;
  }
  return below;
}

/** Seconds of the window whose travel time is no longer than each whole minute up to the limit. */
function secondsWithin({ low, length }: Spans, limit: number): Float64Array {
  const found = new Float64Array(limit / 60 + 1);
  for (let span = 0; span < low.length; span += 1) {
    for (let minute = Math.max(0, Math.ceil(low[span]! / 60)); minute < found.length; minute += 1) found[minute] = found[minute]! + Math.min(minute * 60 - low[span]! + 1, length[span]!);
  }
  return found;
}
