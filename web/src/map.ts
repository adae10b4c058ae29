/** The map: base, city cells, lines, labels. It is drawn from a `Scene`, and reports what is pointed at. */
import { Map as LibreMap, setWorkerUrl, type GeoJSONSource, type StyleSpecification } from "maplibre-gl";
import workerSource from "maplibre-gl/dist/maplibre-gl-worker.mjs?raw";
import "maplibre-gl/dist/maplibre-gl.css";
import type { Atlas } from "./contract";
import { shortName } from "./format";
import { GROUND } from "./reach";
import { lineWidth } from "./scale";
import type { When } from "./state";

export type Ground = { fill: string; pattern: "" | "hatch" | "dots" | "plus" | "minus" };

export interface Scene {
  year: When;
  /** Colour of each city, and the value written under its name. */
  grounds: Ground[];
  values: string[];
  city: number | null;
  to: number | null;
  /** The reach of a station in the place of the colours; null = not shown. */
  reach: { outlines: GeoJSON.FeatureCollection; inside: boolean[] } | null;
}

export const INK = "#1f2933";
export const PAPER = "#fbfaf7";
export const WATER = "#cfe3ee";
export const SHORE = "#b7c4cc";
export const ACCENT = "#0b6e6e";
export const WARNING = "#b4540a";
export const HIGH_SPEED = ACCENT;
export const OTHER_RAIL = "#6b7780";
export const MORE = "#542788";
export const FEWER = "#b35806";

/** Beside the reach of a station lines are drawn this much thinner. */
export const REACH_LINES = 0.5;

const FONT = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "Noto Sans", "sans-serif"];
const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export interface MapHandlers {
  hover(city: number | null, x: number, y: number): void;
  click(city: number, asDestination: boolean): void;
}

export class AtlasMap {
  readonly libre: LibreMap;
  readonly #atlas: Atlas;
  readonly #handlers: MapHandlers;
  readonly #still: boolean;
  #bounds: [number, number, number, number];
  #near = false;
  #scene: Scene | null = null;
  #loaded = false;
  #hovered: number | null = null;
  #drawnLines = "";

  constructor(container: HTMLElement, atlas: Atlas, handlers: MapHandlers, wide: boolean, still: boolean) {
    this.#atlas = atlas;
    this.#handlers = handlers;
    this.#still = still;
    this.#bounds = cityBounds(atlas);
    setWorkerUrl(URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" })));
    this.libre = new LibreMap({
      container,
      style: style(atlas),
      bounds: cityBounds(atlas),
      fitBoundsOptions: { padding: paddings(container, wide), animate: false },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
      maxZoom: 11,
      minZoom: 3,
      fadeDuration: still ? 0 : 150,
      cooperativeGestures: !wide,
      // so that the map is on the sheet when the page is printed
      canvasContextAttributes: { preserveDrawingBuffer: true },
      locale: {
        "CooperativeGesturesHandler.MobileHelpText": "双指移动地图 · Use two fingers to move the map",
        "CooperativeGesturesHandler.WindowsHelpText": "Ctrl + 滚轮缩放 · Use Ctrl + scroll to zoom",
        "CooperativeGesturesHandler.MacHelpText": "⌘ + 滚轮缩放 · Use ⌘ + scroll to zoom",
      },
    });
    this.libre.touchZoomRotate.disableRotation();
    this.libre.on("load", () => {
      for (const [name, image] of Object.entries(hatches())) this.libre.addImage(name, image, { pixelRatio: 2 });
      this.#loaded = true;
      if (this.#scene) this.draw(this.#scene);
    });
    this.libre.on("mousemove", (event) => {
      const city = this.cityAt(event.point.x, event.point.y);
      this.#handlers.hover(city, event.point.x, event.point.y);
      this.libre.getCanvas().style.cursor = city === null ? "" : "pointer";
    });
    this.libre.on("mouseout", () => this.#handlers.hover(null, 0, 0));
    this.libre.on("click", (event) => {
      const city = this.cityAt(event.point.x, event.point.y);
      if (city !== null) this.#handlers.click(city, event.originalEvent.shiftKey);
    });
  }

  draw(scene: Scene): void {
    this.#scene = scene;
    if (!this.#loaded) return;
    this.#set("cells", cellFeatures(this.#atlas, scene));
    this.#set("cities", cityFeatures(this.#atlas, scene));
    this.#set("reach", scene.reach?.outlines ?? EMPTY);
    // lines that change have the colours of the reach; beside it the last year's are drawn
    const linesOf = scene.reach && scene.year === "difference" ? this.#atlas.years[this.#atlas.years.length - 1]! : scene.year;
    if (this.#drawnLines !== String(linesOf)) this.#set("lines", lineFeatures(this.#atlas, linesOf));
    this.#drawnLines = String(linesOf);
    this.libre.setPaintProperty("cell-edges", "line-color", scene.reach ? GROUND.edge : PAPER);
    this.libre.setPaintProperty("lines", "line-color", scene.reach ? OTHER_RAIL : ["get", "colour"]);
    this.libre.setPaintProperty("lines", "line-width", scene.reach ? ["*", REACH_LINES, ["get", "width"]] : ["get", "width"]);
    this.libre.setPaintProperty("lines", "line-opacity", scene.reach ? 0.55 : 1);
    this.libre.setPaintProperty("line-casing", "line-opacity", scene.reach ? 0 : 0.75);
    this.libre.setLayoutProperty("reach-station", "visibility", scene.reach ? "visible" : "none");
  }

  /** Outline the city that is pointed at anywhere on the page. */
  preview(city: number | null): void {
    if (!this.#loaded || city === this.#hovered) return;
    this.#hovered = city;
    this.libre.setFilter("hover", ["==", ["get", "city"], city ?? -1]);
  }

  /** City whose mark or cell is at a point of the canvas. */
  cityAt(x: number, y: number): number | null {
    if (!this.#loaded) return null;
    const marks = this.libre.queryRenderedFeatures([[x - 4, y - 4], [x + 4, y + 4]], { layers: ["city-marks"] });
    const found = marks[0] ?? this.libre.queryRenderedFeatures([x, y], { layers: ["cells"] })[0];
    return found ? Number(found.properties["city"]) : null;
  }

  /** Parts of the reach that are on the screen. */
  reachDrawn(): string[] {
    const found = this.#loaded ? this.libre.queryRenderedFeatures({ layers: ["reach"] }) : [];
    return [...new Set(found.map((feature) => String(feature.properties["kind"])))].sort();
  }

  project(city: number): { x: number; y: number } {
    const { lon, lat } = this.#atlas.cities[city]!;
    const box = this.libre.getContainer().getBoundingClientRect();
    const point = this.libre.project([lon, lat]);
    return { x: box.left + point.x, y: box.top + point.y };
  }

  /** Look at a part of the sheet, or at all cities. */
  look(bounds: [number, number, number, number] | null, wide: boolean): void {
    this.#bounds = bounds ?? cityBounds(this.#atlas);
    this.#near = bounds !== null;
    this.refit(wide, !this.#still);
  }

  refit(wide: boolean, animate = false): void {
    this.libre.fitBounds(this.#bounds, { padding: paddings(this.libre.getContainer(), wide, this.#near), animate, duration: 280, linear: true });
  }

  #set(source: string, data: GeoJSON.FeatureCollection): void {
    this.libre.getSource<GeoJSONSource>(source)?.setData(data);
  }
}

function paddings(container: HTMLElement, wide: boolean, near = false): { top: number; right: number; bottom: number; left: number } {
  const panel = document.querySelector<HTMLElement>(".panel")?.offsetWidth ?? 0;
  const tight = Math.min(container.clientWidth, container.clientHeight) * 0.06;
  const legend = document.querySelector<HTMLElement>(".legend")?.offsetWidth ?? 0;
  // the switch of the reach lies over the top of the map; on a narrow one names need room at the right of their places
  const over = document.querySelector<HTMLElement>(".reach-switch:not(:empty)")?.offsetHeight ?? 0;
  if (wide) return { top: Math.max(36, over + 28), bottom: 36, left: legend + 30, right: panel + 80 };
  return { top: Math.max(tight, over + 24), bottom: tight, left: tight, right: near ? Math.max(tight, 68) : tight };
}

function cityBounds(atlas: Atlas): [number, number, number, number] {
  const lon = atlas.cities.map((city) => city.lon);
  const lat = atlas.cities.map((city) => city.lat);
  return [Math.min(...lon) - 0.2, Math.min(...lat) - 0.2, Math.max(...lon) + 0.2, Math.max(...lat) + 0.2];
}

/** The sheet: where the base map reaches, with open sea beyond the easternmost city. */
export function sheet(atlas: Atlas): [number, number, number, number] {
  const points: number[][] = [];
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") points.push(part as number[]);
    else part.forEach(walk);
  };
  for (const feature of atlas.base) if (feature.layer === "land" && "coordinates" in feature.geometry) walk(feature.geometry.coordinates);
  const [west, south, east, north] = cityBounds(atlas);
  const box: [number, number, number, number] = [west - 0.8, south - 0.8, east + 2, north + 0.8];
  for (const [lon, lat] of points as [number, number][]) {
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  }
  return box;
}

function style(atlas: Atlas): StyleSpecification {
  const [west, south, east, north] = sheet(atlas);
  const ring = box(west, south, east, north);
  const around = [box(-180, -85, 180, south), box(-180, north, 180, 85), box(-180, south, west, north), box(east, south, 180, north)];
  const feature = (geometry: GeoJSON.Geometry, properties: Record<string, unknown> = {}): GeoJSON.Feature => ({ type: "Feature", properties, geometry });
  const base = atlas.base.map((one) => feature(one.geometry, { layer: one.layer, name: one.name ?? "", name_en: one.name_en ?? "", size: extent(one.geometry) }));
  const geojson = (features: GeoJSON.Feature[]) => ({ type: "geojson" as const, data: { type: "FeatureCollection" as const, features } });
  const label = (size: unknown) => ({ "text-font": FONT, "text-size": size as number, "text-line-height": 1.15 });
  return {
    version: 8,
    sources: {
      base: geojson(base),
      frame: geojson([feature({ type: "MultiPolygon", coordinates: around.map((one) => [one]) }), feature({ type: "LineString", coordinates: [...ring, ring[1]!] })]),
      cells: { type: "geojson", data: EMPTY },
      reach: { type: "geojson", data: EMPTY },
      station: geojson(atlas.reach ? [feature({ type: "Point", coordinates: [atlas.reach.station.lon, atlas.reach.station.lat] })] : []),
      lines: { type: "geojson", data: EMPTY },
      cities: { type: "geojson", data: EMPTY },
    },
    layers: [
      { id: "water", type: "background", paint: { "background-color": WATER } },
      { id: "land", type: "fill", source: "base", filter: ["==", ["get", "layer"], "land"], paint: { "fill-color": PAPER } },
      { id: "cells", type: "fill", source: "cells", paint: { "fill-color": ["get", "fill"] } },
      { id: "cell-patterns", type: "fill", source: "cells", filter: ["!=", ["get", "pattern"], ""], paint: { "fill-pattern": ["get", "pattern"] } },
      { id: "cell-edges", type: "line", source: "cells", paint: { "line-color": PAPER, "line-width": 0.9 } },
      { id: "reach", type: "fill", source: "reach", paint: { "fill-color": ["get", "fill"] } },
      { id: "reach-patterns", type: "fill", source: "reach", filter: ["!=", ["get", "pattern"], ""], paint: { "fill-pattern": ["get", "pattern"] } },
      { id: "reach-edges", type: "line", source: "reach", filter: ["==", ["get", "dashed"], false], layout: { "line-join": "round" }, paint: { "line-color": ["get", "edge"], "line-width": 1.3 } },
      { id: "reach-edges-dashed", type: "line", source: "reach", filter: ["==", ["get", "dashed"], true], layout: { "line-join": "round" }, paint: { "line-color": ["get", "edge"], "line-width": 1.3, "line-dasharray": [3, 1.5] } },
      { id: "lakes", type: "fill", source: "base", filter: ["==", ["get", "layer"], "water"], paint: { "fill-color": WATER, "fill-outline-color": SHORE } },
      { id: "rivers", type: "line", source: "base", filter: ["==", ["get", "layer"], "river"], layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#a9cfe2", "line-width": ["interpolate", ["linear"], ["zoom"], 5, ["case", ["==", ["get", "name"], "长江"], 2.4, 0.9], 9, ["case", ["==", ["get", "name"], "长江"], 6, 2]] } },
      { id: "shore", type: "line", source: "base", filter: ["==", ["get", "layer"], "land"], paint: { "line-color": "#9fb0ba", "line-width": 0.8 } },
      { id: "borders", type: "line", source: "base", filter: ["==", ["get", "layer"], "border"], paint: { "line-color": "#8d99a3", "line-width": 0.8, "line-dasharray": [4, 2, 1, 2] } },
      { id: "line-casing", type: "line", source: "lines", layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ["get", "rank"] }, paint: { "line-color": PAPER, "line-opacity": 0.75, "line-width": ["+", ["get", "width"], 1.4] } },
      { id: "lines", type: "line", source: "lines", filter: ["==", ["get", "dashed"], false], layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ["get", "rank"] }, paint: { "line-color": ["get", "colour"], "line-width": ["get", "width"] } },
      { id: "lines-dashed", type: "line", source: "lines", filter: ["==", ["get", "dashed"], true], layout: { "line-join": "round" }, paint: { "line-color": ["get", "colour"], "line-width": ["get", "width"], "line-dasharray": [2, 1.2] } },
      { id: "selected-halo", type: "line", source: "cells", filter: [">", ["get", "chosen"], 0], layout: { "line-join": "round" }, paint: { "line-color": PAPER, "line-width": 5 } },
      { id: "selected", type: "line", source: "cells", filter: [">", ["get", "chosen"], 0], layout: { "line-join": "round" }, paint: { "line-color": INK, "line-width": ["case", ["==", ["get", "chosen"], 1], 2.6, 1.6] } },
      { id: "hover", type: "line", source: "cells", filter: ["==", ["get", "city"], -1], layout: { "line-join": "round" }, paint: { "line-color": INK, "line-width": 1.4 } },
      {
        id: "city-marks", type: "circle", source: "cities",
        paint: { "circle-radius": ["get", "radius"], "circle-color": ["get", "mark"], "circle-stroke-color": ["case", ["==", ["get", "chosen"], 0], INK, WARNING], "circle-stroke-width": ["case", ["==", ["get", "chosen"], 0], 1, 2.2] },
      },
      {
        id: "reach-station", type: "circle", source: "station", layout: { visibility: "none" },
        paint: { "circle-radius": 6, "circle-color": WARNING, "circle-stroke-color": PAPER, "circle-stroke-width": 2.5 },
      },
      { id: "frame", type: "fill", source: "frame", filter: ["!=", ["geometry-type"], "LineString"], paint: { "fill-color": PAPER } },
      // a double rule, as on a printed sheet, so that the edge of the base map does not pass for a coast
      { id: "neatline", type: "line", source: "frame", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": "#9fb0ba", "line-width": 0.8 } },
      { id: "border-rule", type: "line", source: "frame", filter: ["==", ["geometry-type"], "LineString"], layout: { "line-join": "miter" }, paint: { "line-color": "#9fb0ba", "line-width": 1.6, "line-offset": 4 } },
      {
        id: "city-labels", type: "symbol", source: "cities",
        layout: {
          ...label(["interpolate", ["linear"], ["zoom"], 5, ["get", "size"], 8, ["*", 1.25, ["get", "size"]]]),
          "text-field": ["format", ["get", "name"], { "font-scale": 1 }, "\n", {}, ["get", "name_en"], { "font-scale": 0.8 }, ["case", ["==", ["get", "value"], ""], "", "\n"], {}, ["get", "value"], { "font-scale": 0.88 }],
          "symbol-sort-key": ["get", "rank"],
          "text-variable-anchor": ["left", "right", "bottom", "top", "bottom-left", "top-left", "bottom-right", "top-right"],
          "text-radial-offset": 0.45,
          "text-justify": "auto",
          "text-padding": 1,
        },
        paint: { "text-color": INK, "text-halo-color": PAPER, "text-halo-width": 2 },
      },
      {
        id: "lake-labels", type: "symbol", source: "base", filter: ["all", ["==", ["get", "layer"], "water"], [">", ["get", "size"], 0.45], ["!=", ["get", "name"], ""]],
        layout: { ...label(11), "text-field": ["get", "name"], "text-letter-spacing": 0.1 }, paint: { "text-color": "#3f7391", "text-halo-color": WATER, "text-halo-width": 1.2 },
      },
      {
        id: "river-labels", type: "symbol", source: "base", filter: ["all", ["==", ["get", "layer"], "river"], ["==", ["get", "name"], "长江"]],
        layout: { ...label(11), "text-field": ["get", "name"], "symbol-placement": "line", "symbol-spacing": 420, "text-letter-spacing": 0.3 }, paint: { "text-color": "#3f7391", "text-halo-color": PAPER, "text-halo-width": 1.4 },
      },
    ],
  };
}

function box(west: number, south: number, east: number, north: number): [number, number][] {
  return [[west, south], [east, south], [east, north], [west, north], [west, south]];
}

function extent(geometry: GeoJSON.Geometry): number {
  if (geometry.type !== "Polygon" && geometry.type !== "MultiPolygon") return 0;
  const outer = geometry.type === "Polygon" ? geometry.coordinates[0]! : geometry.coordinates[0]![0]!;
  const lon = outer.map((point) => point[0]!);
  const lat = outer.map((point) => point[1]!);
  return Math.max(Math.max(...lon) - Math.min(...lon), Math.max(...lat) - Math.min(...lat));
}

function chosen(scene: Scene, city: number): number {
  return city === scene.city ? 1 : city === scene.to ? 2 : 0;
}

function cellFeatures(atlas: Atlas, scene: Scene): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: atlas.cells.map((cell) => ({
      type: "Feature",
      properties: { city: cell.city, ...scene.grounds[cell.city]!, chosen: chosen(scene, cell.city) },
      geometry: cell.geometry,
    })),
  };
}

function cityFeatures(atlas: Atlas, scene: Scene): GeoJSON.FeatureCollection {
  const celled = new Set(atlas.cells.map((cell) => cell.city));
  return {
    type: "FeatureCollection",
    features: atlas.cities.map((city, at) => {
      const million = (city.population ?? 3e6) / 1e6;
      const picked = chosen(scene, at);
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
          mark: scene.reach ? (scene.reach.inside[at] ? GROUND.inside : GROUND.outside) : celled.has(at) ? PAPER : scene.grounds[at]!.fill,
          radius: celled.has(at) || scene.reach ? Math.min(4.5, 2 + 0.5 * Math.sqrt(million)) : 6 + Math.sqrt(million),
        },
        geometry: { type: "Point", coordinates: [city.lon, city.lat] },
      };
    }),
  };
}

function lineFeatures(atlas: Atlas, year: When): GeoJSON.FeatureCollection {
  const at = (station: number): [number, number] => [atlas.stations[station]![2], atlas.stations[station]![3]];
  const line = (from: number, to: number, width: number, colour: string, dashed: boolean, rank: number): GeoJSON.Feature => ({
    type: "Feature",
    properties: { width, colour, dashed, rank },
    geometry: { type: "LineString", coordinates: [at(from), at(to)] },
  });
  const features =
    year === "difference"
      ? atlas.line_change
          .filter(([, , , before, after]) => before !== after)
          .map(([from, to, , before, after]) => line(from, to, lineWidth(after - before), after > before ? MORE : FEWER, after < before, Math.abs(after - before)))
      : atlas.by_year[String(year)]!.lines.map(([from, to, fast, trains]) => line(from, to, lineWidth(trains), fast ? HIGH_SPEED : OTHER_RAIL, false, fast * 1e4 + trains));
  return { type: "FeatureCollection", features };
}

function hatches(): Record<string, ImageData> {
  const make = (paint: (context: CanvasRenderingContext2D) => void): ImageData => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 16;
    const context = canvas.getContext("2d")!;
    paint(context);
    return context.getImageData(0, 0, 16, 16);
  };
  const strokes = (colour: string, width: number, ...lines: [number, number, number, number][]) => (context: CanvasRenderingContext2D) => {
    context.strokeStyle = colour;
    context.lineWidth = width;
    for (const [x, y, u, v] of lines) {
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(u, v);
      context.stroke();
    }
  };
  return {
    hatch: make(strokes("#7b8794", 2, [-4, 4, 4, -4], [0, 16, 16, 0], [12, 20, 20, 12])),
    dots: make((context) => {
      context.fillStyle = "#7b8794";
      context.beginPath();
      context.arc(8, 8, 2, 0, 7);
      context.fill();
    }),
    "reach-plus": make(strokes("#a3201f", 2, [8, 3, 8, 13], [3, 8, 13, 8])),
    "reach-minus": make(strokes("#1f5c9e", 2, [3, 8, 13, 8])),
    plus: make(strokes("#ffffff", 2.4, [8, 3, 8, 13], [3, 8, 13, 8])),
    minus: make(strokes("#ffffff", 2.4, [3, 8, 13, 8])),
  };
}
