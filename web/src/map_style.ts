/** How the map looks: base, cells, lines, flows, labels, and the hatches of what has no value. */
import type { ExpressionSpecification, StyleSpecification } from "maplibre-gl";
import type { Atlas } from "./contract";
import { INK, PAPER, SHORE, WARNING, WATER } from "./colours";

const FONT = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "Noto Sans", "sans-serif"];
export const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** West, south, east and north of places with a margin, degrees. */
export function placesBounds(places: readonly { lon: number; lat: number }[], margin: number): [number, number, number, number] {
  const lon = places.map((place) => place.lon);
  const lat = places.map((place) => place.lat);
  return [Math.min(...lon) - margin, Math.min(...lat) - margin, Math.max(...lon) + margin, Math.max(...lat) + margin];
}

export function cityBounds(atlas: Atlas): [number, number, number, number] {
  return placesBounds(atlas.cities, 0.2);
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

export function mapStyle(atlas: Atlas): StyleSpecification {
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
      zone: { type: "geojson", data: EMPTY },
      sea: { type: "geojson", data: EMPTY },
      flows: { type: "geojson", data: EMPTY },
      sketch: { type: "geojson", data: EMPTY },
      lines: { type: "geojson", data: EMPTY },
      cities: { type: "geojson", data: EMPTY },
    },
    layers: [
      { id: "water", type: "background", paint: { "background-color": WATER } },
      { id: "land", type: "fill", source: "base", filter: ["==", ["get", "layer"], "land"], paint: { "fill-color": PAPER } },
      { id: "cells", type: "fill", source: "cells", paint: { "fill-color": ["get", "fill"] } },
      { id: "cell-patterns", type: "fill", source: "cells", filter: ["!=", ["get", "pattern"], ""], paint: { "fill-pattern": ["get", "pattern"] } },
      { id: "cell-edges", type: "line", source: "cells", paint: { "line-color": PAPER, "line-width": 0.9 } },
      { id: "zone", type: "fill", source: "zone", paint: { "fill-color": ["get", "fill"] } },
      { id: "zone-patterns", type: "fill", source: "zone", filter: ["!=", ["get", "pattern"], ""], paint: { "fill-pattern": ["get", "pattern"] } },
      { id: "zone-edges", type: "line", source: "zone", filter: ["==", ["get", "dashed"], false], layout: { "line-join": "round" }, paint: { "line-color": ["get", "edge"], "line-width": 1.3 } },
      { id: "zone-edges-dashed", type: "line", source: "zone", filter: ["==", ["get", "dashed"], true], layout: { "line-join": "round" }, paint: { "line-color": ["get", "edge"], "line-width": 1.3, "line-dasharray": [3, 1.5] } },
      // outlines are cut at the shore by the sea that is laid over them
      { id: "sea", type: "fill", source: "sea", paint: { "fill-color": WATER } },
      { id: "lakes", type: "fill", source: "base", filter: ["==", ["get", "layer"], "water"], paint: { "fill-color": WATER, "fill-outline-color": SHORE } },
      { id: "rivers", type: "line", source: "base", filter: ["==", ["get", "layer"], "river"], layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#a9cfe2", "line-width": ["interpolate", ["linear"], ["zoom"], 5, ["case", ["==", ["get", "name"], "长江"], 2.4, 0.9], 9, ["case", ["==", ["get", "name"], "长江"], 6, 2]] } },
      { id: "shore", type: "line", source: "base", filter: ["==", ["get", "layer"], "land"], paint: { "line-color": "#9fb0ba", "line-width": 0.8 } },
      { id: "borders", type: "line", source: "base", filter: ["==", ["get", "layer"], "border"], paint: { "line-color": "#8d99a3", "line-width": 0.8, "line-dasharray": [4, 2, 1, 2] } },
      { id: "line-casing", type: "line", source: "lines", layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ["get", "rank"] }, paint: { "line-color": PAPER, "line-opacity": 0.75, "line-width": ["+", ["get", "width"], 1.4] } },
      { id: "lines", type: "line", source: "lines", filter: ["==", ["get", "dashed"], false], layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ["get", "rank"] }, paint: { "line-color": ["get", "colour"], "line-width": ["get", "width"] } },
      { id: "lines-dashed", type: "line", source: "lines", filter: ["==", ["get", "dashed"], true], layout: { "line-join": "round" }, paint: { "line-color": ["get", "colour"], "line-width": ["get", "width"], "line-dasharray": [2, 1.2] } },
      { id: "flow-casing", type: "line", source: "flows", layout: { "line-cap": "round", "line-sort-key": ["get", "rank"] }, paint: { "line-color": PAPER, "line-opacity": 0.8, "line-width": ["+", ["get", "width"], 1.6] } },
      { id: "flows", type: "line", source: "flows", layout: { "line-cap": "round", "line-sort-key": ["get", "rank"] }, paint: { "line-color": ["get", "colour"], "line-opacity": ["get", "opacity"], "line-width": ["get", "width"] } },
      {
        id: "amounts", type: "circle", source: "cities", filter: [">", ["get", "amount"], 0], layout: { "circle-sort-key": ["-", 0, ["get", "amount"]] },
        paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 4, ["*", 0.4, ["get", "amount"]], 6, ["*", 0.85, ["get", "amount"]], 9, ["*", 2, ["get", "amount"]]], "circle-color": ["get", "amount_fill"], "circle-opacity": 0.88, "circle-stroke-color": ["case", ["==", ["get", "chosen"], 0], PAPER, INK], "circle-stroke-width": ["case", ["==", ["get", "chosen"], 0], 1.2, 2.4] },
      },
      { id: "selected-halo", type: "line", source: "cells", filter: [">", ["get", "chosen"], 0], layout: { "line-join": "round" }, paint: { "line-color": PAPER, "line-width": 5 } },
      { id: "selected", type: "line", source: "cells", filter: [">", ["get", "chosen"], 0], layout: { "line-join": "round" }, paint: { "line-color": INK, "line-width": ["case", ["==", ["get", "chosen"], 1], 2.6, 1.6] } },
      { id: "hover", type: "line", source: "cells", filter: ["==", ["get", "city"], -1], layout: { "line-join": "round" }, paint: { "line-color": INK, "line-width": 1.4 } },
      {
        id: "city-marks", type: "circle", source: "cities",
        paint: { "circle-radius": ["get", "radius"], "circle-color": ["get", "mark"], "circle-stroke-color": ["case", ["==", ["get", "chosen"], 0], INK, WARNING], "circle-stroke-width": ["case", ["==", ["get", "chosen"], 0], 1, 2.2] },
      },
      { id: "sketch-line", type: "line", source: "sketch", filter: ["==", ["geometry-type"], "LineString"], layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": WARNING, "line-width": 5, "line-dasharray": [1.6, 1.2] } },
      { id: "sketch-stations", type: "circle", source: "sketch", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": ["case", ["==", ["get", "chosen"], 1], 6, 3.5], "circle-color": ["case", ["==", ["get", "chosen"], 1], WARNING, PAPER], "circle-stroke-color": INK, "circle-stroke-width": 1.2 } },
      { id: "frame", type: "fill", source: "frame", filter: ["!=", ["geometry-type"], "LineString"], paint: { "fill-color": PAPER } },
      // the base map fades out where it was cut, so that its edge passes neither for a coast nor for a line of the map
      { id: "fade", type: "line", source: "frame", filter: ["==", ["geometry-type"], "LineString"], layout: { "line-join": "miter" }, paint: { "line-color": PAPER, "line-width": fading(2), "line-blur": fading(1) } },
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

/** Width of the fade at the edge of the sheet, px by zoom; a line of twice that has its full colour in the middle only. */
function fading(times: number): ExpressionSpecification {
  return ["interpolate", ["linear"], ["zoom"], 3, 8 * times, 6, 45 * times, 9, 160 * times];
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

export function hatches(): Record<string, ImageData> {
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
