/** What the map draws of a scene, as GeoJSON. */
import { FEWER, HIGH_SPEED, INK, METRO, MORE, OTHER_RAIL, PAPER } from "./colours";
import type { Atlas, City } from "./contract";
import { shortName } from "./format";
import { lineWidth } from "./scale";

export type Ground = { fill: string; pattern: "" | "hatch" | "dots" | "plus" | "minus" };

export interface Scene {
  /** State whose lines are drawn, and whether as a change against the one before. */
  lines: { state: string; change: boolean };
  /** Lines are thin and grey under flows and isochrones. */
  dim: boolean;
  /** Colour of each city, and the value written under its name. */
  grounds: Ground[];
  values: string[];
  /** Circles in the place of coloured cells: radius in px; null = cells are coloured. */
  amounts: number[] | null;
  flows: GeoJSON.FeatureCollection;
  /** What is reached from a point; the cities inside are marked. */
  zone: { outlines: GeoJSON.FeatureCollection; sea: GeoJSON.Polygon | null; inside: boolean[] } | null;
  /** Discs of zones in the place of cities, where values are of zones; null = of cities. */
  zones: readonly City[] | null;
  city: number | null;
  to: number | null;
}

/** In the place of a city that is not offered: neither chosen nor pointed at. */
const NO_CITY = -2;

/** Radius of the disc of a zone, px: its area grows with the people of the zone. */
export const disc = (people: number): number => Math.max(5, 11 * Math.sqrt(people / 1e6));

export const GROUND = { inside: INK, outside: PAPER, edge: "#d8d3c6" };

function chosen(scene: Scene, city: number): number {
  return city === scene.city ? 1 : city === scene.to ? 2 : 0;
}

export function cellFeatures(atlas: Atlas, scene: Scene): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: atlas.cells.map((cell) => {
      if (scene.zones) return { type: "Feature", properties: { city: NO_CITY, fill: PAPER, pattern: "", chosen: 0 }, geometry: cell.geometry };
      const ground = scene.grounds[cell.city]!;
      const plain = scene.zone !== null || (scene.amounts !== null && ground.pattern !== "hatch");
      return {
        type: "Feature",
        properties: { city: cell.city, ...(plain ? { fill: PAPER, pattern: "" } : ground), chosen: chosen(scene, cell.city) },
        geometry: cell.geometry,
      };
    }),
  };
}

export function cityFeatures(atlas: Atlas, scene: Scene): GeoJSON.FeatureCollection {
  if (scene.zones) return zoneMarks(scene.zones, scene);
  const celled = new Set(atlas.cells.map((cell) => cell.city));
  return {
    type: "FeatureCollection",
    features: atlas.cities.map((city, at) => {
      const million = (city.population ?? 3e6) / 1e6;
      const picked = chosen(scene, at);
      const marked = scene.zone ? (scene.zone.inside[at] ? GROUND.inside : GROUND.outside) : celled.has(at) || scene.amounts ? PAPER : scene.grounds[at]!.fill;
      return {
        type: "Feature",
        properties: {
          city: at,
          name: shortName(city.name),
          // the local name above it tells twins such as Suzhou apart
          name_en: city.name_en.replace(/ \(.*\)$/, ""),
          value: scene.values[at] ?? "",
          size: Math.min(17, 11.5 + 1.2 * Math.sqrt(million)),
          rank: picked ? -1e3 + picked : -million,
          chosen: picked,
          // without a cell the mark itself carries the colour
          mark: marked,
          radius: celled.has(at) || scene.zone || scene.amounts ? Math.min(4.5, 2 + 0.5 * Math.sqrt(million)) : 6 + Math.sqrt(million),
          amount: scene.amounts?.[at] ?? 0,
          amount_fill: scene.grounds[at]!.fill,
        },
        geometry: { type: "Point", coordinates: [city.lon, city.lat] },
      };
    }),
  };
}

function zoneMarks(zones: readonly City[], scene: Scene): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: zones.map((zone, at) => {
      const people = zone.population ?? 0;
      const names = { name: shortName(zone.name), name_en: zone.name_en, value: scene.values[at] ?? "" };
      return {
        type: "Feature",
        properties: { city: at, ...names, size: 11.5, rank: -people / 1e6, chosen: 0, mark: scene.grounds[at]!.fill, radius: disc(people), amount: 0, amount_fill: PAPER },
        geometry: { type: "Point", coordinates: [zone.lon, zone.lat] },
      };
    }),
  };
}

export function lineFeatures(atlas: Atlas, { state, change }: Scene["lines"]): GeoJSON.FeatureCollection {
  const known = atlas.states.find((one) => one.id === state);
  const at = (station: number): [number, number] => [atlas.stations[station]![2], atlas.stations[station]![3]];
  const line = (from: number, to: number, width: number, colour: string, dashed: boolean, rank: number): GeoJSON.Feature => ({
    type: "Feature",
    properties: { width, colour, dashed, rank },
    geometry: { type: "LineString", coordinates: [at(from), at(to)] },
  });
  const colours = [OTHER_RAIL, HIGH_SPEED, METRO];
  const features = !known
    ? []
    : change
      ? known.line_change
          .filter(([, , , before, after]) => before !== after)
          .map(([from, to, , before, after]) => line(from, to, lineWidth(after - before), after > before ? MORE : FEWER, after < before, Math.abs(after - before)))
      : known.lines.map(([from, to, group, trains]) => line(from, to, lineWidth(trains), colours[group]!, false, (group === 1 ? 1e4 : 0) + trains));
  return { type: "FeatureCollection", features };
}
