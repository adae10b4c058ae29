/** The map: base, city cells, lines, flows, labels. It is drawn from a `Scene`, and reports what is pointed at. */
import { Map as LibreMap, setWorkerUrl, type GeoJSONSource, type MapMouseEvent } from "maplibre-gl";
import workerSource from "maplibre-gl/dist/maplibre-gl-worker.mjs?raw";
import "maplibre-gl/dist/maplibre-gl.css";
import { OTHER_RAIL, PAPER } from "./colours";
import type { Atlas } from "./contract";
import { GROUND, cellFeatures, cityFeatures, lineFeatures, type Scene } from "./map_features";
import { EMPTY, cityBounds, hatches, mapStyle, sheet } from "./map_style";

/** Under flows and isochrones lines are drawn this much thinner. */
export const DIM_LINES = 0.5;

export interface MapHandlers {
  hover(city: number | null, x: number, y: number): void;
  click(city: number | null, lon: number, lat: number, asDestination: boolean, x: number, y: number): void;
  /** The reader has moved the map. */
  moved(): void;
}

let worker = false;

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
  #sketched: number[] | null = null;

  constructor(container: HTMLElement, atlas: Atlas, handlers: MapHandlers, wide: boolean, still: boolean) {
    this.#atlas = atlas;
    this.#handlers = handlers;
    this.#still = still;
    this.#bounds = cityBounds(atlas);
    if (!worker) setWorkerUrl(URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" })));
    worker = true;
    this.libre = new LibreMap({
      container,
      style: mapStyle(atlas),
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
      // so that the map is on the sheet when the page is printed, and in a picture of it
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
      if (this.#sketched) this.sketch(this.#sketched);
    });
    this.libre.on("mousemove", (event) => {
      const city = this.cityAt(event.point.x, event.point.y);
      this.#handlers.hover(city, event.point.x, event.point.y);
      this.libre.getCanvas().style.cursor = city === null ? "" : "pointer";
    });
    this.libre.on("mouseout", () => this.#handlers.hover(null, 0, 0));
    this.libre.on("click", (event: MapMouseEvent) => {
      const city = this.cityAt(event.point.x, event.point.y);
      this.#handlers.click(city, event.lngLat.lng, event.lngLat.lat, event.originalEvent.shiftKey, event.point.x, event.point.y);
    });
    // moves by the page itself carry no event of the reader
    this.libre.on("moveend", (event) => {
      if ((event as { originalEvent?: unknown }).originalEvent || (event as { reader?: unknown }).reader) this.#handlers.moved();
    });
  }

  draw(scene: Scene): void {
    this.#scene = scene;
    if (!this.#loaded) return;
    this.#set("cells", cellFeatures(this.#atlas, scene));
    this.#set("cities", cityFeatures(this.#atlas, scene));
    this.#set("flows", scene.flows);
    this.#set("zone", scene.zone?.outlines ?? EMPTY);
    this.#set("sea", scene.zone?.sea ? { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: scene.zone.sea }] } : EMPTY);
    const lines = JSON.stringify(scene.lines);
    if (this.#drawnLines !== lines) this.#set("lines", lineFeatures(this.#atlas, scene.lines));
    this.#drawnLines = lines;
    this.libre.setPaintProperty("cell-edges", "line-color", scene.zone || scene.zones || scene.amounts ? GROUND.edge : PAPER);
    this.libre.setPaintProperty("lines", "line-color", scene.dim ? OTHER_RAIL : ["get", "colour"]);
    this.libre.setPaintProperty("lines", "line-width", scene.dim ? ["*", DIM_LINES, ["get", "width"]] : ["get", "width"]);
    this.libre.setPaintProperty("lines", "line-opacity", scene.dim ? 0.4 : 1);
    this.libre.setPaintProperty("lines-dashed", "line-opacity", scene.dim ? 0.4 : 1);
    this.libre.setPaintProperty("line-casing", "line-opacity", scene.dim ? 0 : 0.75);
  }

  /** Stations to choose from, and the line that is drawn between those chosen; null = none of it. */
  sketch(line: number[] | null): void {
    this.#sketched = line;
    if (!this.#loaded) return;
    const place = (at: number): [number, number] => [this.#atlas.stations[at]![2], this.#atlas.stations[at]![3]];
    const points = line === null ? [] : this.#atlas.stations.map((_, at): GeoJSON.Feature => ({ type: "Feature", properties: { chosen: line.includes(at) ? 1 : 0 }, geometry: { type: "Point", coordinates: place(at) } }));
    const drawn: GeoJSON.Feature[] = line && line.length > 1 ? [{ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line.map(place) } }] : [];
    this.#set("sketch", { type: "FeatureCollection", features: [...drawn, ...points] });
  }

  /** Outline the city that is pointed at anywhere on the page. */
  preview(city: number | null): void {
    if (!this.#loaded || city === this.#hovered) return;
    this.#hovered = city;
    this.libre.setFilter("hover", ["==", ["get", "city"], city ?? -1]);
  }

  /** City whose mark, circle or cell is at a point of the canvas. */
  cityAt(x: number, y: number): number | null {
    if (!this.#loaded) return null;
    const marks = this.libre.queryRenderedFeatures([[x - 4, y - 4], [x + 4, y + 4]], { layers: ["city-marks"] });
    const found = marks[0] ?? this.libre.queryRenderedFeatures([x, y], { layers: ["amounts"] })[0] ?? this.libre.queryRenderedFeatures([x, y], { layers: ["cells"] })[0];
    const city = found ? Number(found.properties["city"]) : -1;
    return city < 0 ? null : city;
  }

  /** Parts of the isochrones that are on the screen, and how many flows are. */
  shown(): { zone: string[]; flows: number } {
    if (!this.#loaded) return { zone: [], flows: 0 };
    const zone = this.libre.queryRenderedFeatures({ layers: ["zone"] }).map((feature) => String(feature.properties["kind"]));
    const flows = new Set(this.libre.queryRenderedFeatures({ layers: ["flows"] }).map((feature) => feature.properties["rank"]));
    return { zone: [...new Set(zone)].sort(), flows: flows.size };
  }

  get drawn(): boolean {
    return this.#loaded && this.libre.loaded() && this.libre.areTilesLoaded();
  }

  /** Where a city lies on the screen. */
  project(city: number): { x: number; y: number } {
    const { lon, lat } = this.#atlas.cities[city]!;
    return this.place(lon, lat);
  }

  place(lon: number, lat: number): { x: number; y: number } {
    const box = this.libre.getContainer().getBoundingClientRect();
    const point = this.libre.project([lon, lat]);
    return { x: box.left + point.x, y: box.top + point.y };
  }

  get view(): [number, number, number] {
    const { lng, lat } = this.libre.getCenter();
    return [this.libre.getZoom(), lng, lat];
  }

  /** Look as the address says. */
  jump([zoom, lon, lat]: [number, number, number]): void {
    this.libre.jumpTo({ zoom, center: [lon, lat] });
  }

  zoomBy(step: number): void {
    this.libre.zoomTo(this.libre.getZoom() + step, { animate: !this.#still, duration: 250 }, { reader: true });
  }

  fly(lon: number, lat: number): void {
    const zoom = Math.max(this.libre.getZoom(), 7.6);
    this.libre.easeTo({ center: [lon, lat], zoom, animate: !this.#still, duration: 280 }, { reader: true });
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

  /** West, south, east and north of all that the sheet holds. */
  get sheet(): [number, number, number, number] {
    return sheet(this.#atlas);
  }

  #set(source: string, data: GeoJSON.FeatureCollection): void {
    this.libre.getSource<GeoJSONSource>(source)?.setData(data);
  }
}

function paddings(container: HTMLElement, wide: boolean, near = false): { top: number; right: number; bottom: number; left: number } {
  const panel = document.querySelector<HTMLElement>(".panel")?.offsetWidth ?? 0;
  const tight = Math.min(container.clientWidth, container.clientHeight) * 0.06;
  const legend = document.querySelector<HTMLElement>(".legend")?.offsetWidth ?? 0;
  // tools lie over the top of the map; on a narrow one names need room at the right of their places
  const over = document.querySelector<HTMLElement>(".tools")?.offsetHeight ?? 0;
  const under = document.querySelector<HTMLElement>(".timeline:not([hidden])")?.offsetHeight ?? 0;
  if (wide) return { top: Math.max(36, over + 24), bottom: Math.max(40, under + 34), left: legend + 30, right: panel + 80 };
  return { top: Math.max(tight, over + 20), bottom: tight, left: tight, right: Math.max(tight, near ? 68 : 46) };
}
