/** A line that the reader draws between stations: as it stands in the address, and what it asks of the server. */
import type { Atlas } from "./contract";
import type { LineEdit, ScenarioAsk } from "./live";

export interface DrawnLine {
  /** Blank until it is asked about; then it is what readers tell it by. */
  name: string;
  /** Ids of stations, in order. */
  stops: string[];
  speed_kmh: number;
  headway_min: number;
}

export const SPEED = { least: 10, most: 600, usual: 160 };
export const HEADWAY = { least: 1, most: 240, usual: 20 };
export const NAME_LENGTH = 60;
const MOST_STOPS = 100;

export const NO_LINE: DrawnLine = { name: "", stops: [], speed_kmh: SPEED.usual, headway_min: HEADWAY.usual };

/** Keys `line`, `speed`, `headway` and `name`; an id that holds a comma is escaped once more. */
export function writeLine({ name, stops, speed_kmh, headway_min }: DrawnLine): [string, string | number][] {
  return [
    ["line", stops.map((stop) => stop.replace(/[%,]/g, encodeURIComponent)).join(",")],
    ["speed", speed_kmh],
    ["headway", headway_min],
    ...(name ? [["name", name] as [string, string]] : []),
  ];
}

/** Null where no line is drawn; stations that the region does not have are left out. */
export function readLine(given: URLSearchParams, atlas: Atlas): DrawnLine | null {
  const text = given.get("line");
  if (text === null) return null;
  const known = new Set(atlas.station_ids);
  const within = (name: string, { least, most, usual }: typeof SPEED) => {
    const value = given.get(name) ?? "";
    return /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most ? Number(value) : usual;
  };
  const stops = text.split(",").map(unescaped).filter((stop) => known.has(stop)).slice(0, MOST_STOPS);
  return { name: (given.get("name") ?? "").trim().slice(0, NAME_LENGTH), stops, speed_kmh: within("speed", SPEED), headway_min: within("headway", HEADWAY) };
}

function unescaped(text: string): string {
  return text.replace(/%25|%2C/g, decodeURIComponent);
}

/** Id of the state that a line becomes once it is computed: the same line has the same id, in every browser. */
export function lineId({ name, stops, speed_kmh, headway_min }: DrawnLine): string {
  // FNV-1a
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(JSON.stringify([name, stops, speed_kmh, headway_min]))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `drawn-${hash.toString(16).padStart(8, "0")}`;
}

/** A line whose result an address asks for, where the page does not have it yet. */
export function missingLine(hash: string, atlas: Atlas): DrawnLine | null {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const line = readLine(given, atlas);
  return line && line.stops.length > 1 && given.get("state") === lineId(line) && !atlas.states.some((one) => one.id === lineId(line)) ? line : null;
}

/** What the server is asked; it is measured with the newest timetable. */
export function askOf(line: DrawnLine, atlas: Atlas): ScenarioAsk {
  const last = [...atlas.states].reverse().find((one) => one.kind === "year" && one.timetable)!;
  const edit: LineEdit = {
    kind: "add_line",
    name: line.name,
    feed_ids: last.feeds.slice(0, 1).map((feed) => feed.feed_id),
    mode: 2,
    line_id: lineId(line),
    stops: line.stops,
    speed_kmh: line.speed_kmh,
    dwell_s: 60,
    headway_s: line.headway_min * 60,
    start: "06:00",
    end: "22:00",
  };
  return { scenario: { name: line.name, edits: [edit] }, year: last.year };
}

/** Station that a city stands for: where most trains call; null where none does. */
export function principalStation(atlas: Atlas, city: number): number | null {
  const calls = (at: number) => atlas.station_calls?.[at] ?? 0;
  const own = atlas.stations.flatMap((station, at) => (station[4] === city && calls(at) > 0 ? [at] : []));
  return own.length ? own.reduce((best, at) => (calls(at) > calls(best) ? at : best)) : null;
}
