/** Isochrones on the page: the mark that is dragged, what is worked out from it, and its panel. */
import { Marker } from "maplibre-gl";
import { stateRef } from "./copy_view";
import { el } from "./dom";
import { formatClock } from "./format";
import { evidenceButton } from "./legend";
import type { Exact, ExactPart, Live } from "./live";
import type { AtlasMap } from "./map";
import type { Model } from "./model";
import { drawZone } from "./scene";
import type { State } from "./state";
import { say } from "./words";
import { Zone, startOf, zoneStates, type Kind, type ZoneAsk, type ZoneResult } from "./zone";
import { zoneControls, zoneHeadline, zoneLegend, zoneTable, type ZonePanelScene } from "./zone_panel";
import { zoneSheet } from "./zone_sheet";
import { outsideText } from "./zone_words";

const KM_A_DEGREE = 111.32;

/** Headlines of more characters are set smaller, as those of measures. */
const LONG_FIGURE = 15;

export interface ZoneHost {
  readonly model: Model;
  readonly map: AtlasMap;
  readonly state: State;
  /** The map of before, where the two are swiped. */
  beforeMap(): AtlasMap | null;
  commit(change: Partial<State>): void;
  openEvidence(): void;
  said(text: string): void;
}

export class ZoneView {
  readonly section = el("section", { class: "zone-section" });
  result: ZoneResult | null = null;
  /** What the map of before shows, where two are swiped. */
  left: ZoneResult | null = null;
  problem = "";
  /** The server, where there is one. */
  live: Live | null = null;
  readonly zone: Zone;
  readonly #host: ZoneHost;
  readonly #legend: HTMLElement;
  #marker: Marker | null = null;
  /** The same on the map of before. */
  #markBefore: Marker | null = null;
  #turn = 0;

  constructor(host: ZoneHost, legend: HTMLElement) {
    this.#host = host;
    this.#legend = legend;
    this.zone = new Zone(host.model.atlas);
  }

  /** The cut-off may be that of a slider under way; `held` shows what was before. */
  async draw(held: boolean, cutoff = this.#host.state.cutoff): Promise<void> {
    const { state, map, model } = this.#host;
    const { atlas } = model;
    const { lang } = state;
    const turn = (this.#turn += 1);
    if (!this.zone.ready) {
      this.#drawPanel(say(lang, "isoLoading"));
      try {
        await this.zone.load();
        this.problem = "";
      } catch {
        this.problem = say(lang, "isoMissing", { file: atlas.isochrones!.file });
        this.#drawPanel(this.problem);
        return;
      }
      // the reader may have gone on while it was loaded
      if (turn !== this.#turn) return;
    }
    const states = zoneStates(atlas, state);
    const [lon, lat] = startOf(atlas, state);
    this.problem = outsideText(atlas, [lon, lat], lang);
    if (this.problem) {
      this.result = this.left = null;
      this.#place(lon, lat);
      for (const one of [map, state.compare === "swipe" ? this.#host.beforeMap() : null]) one?.draw(drawZone(atlas, this.zone, null, state, states.now, map.sheet));
      this.#drawPanel(this.problem);
      return;
    }
    const showBefore = held && states.before !== null;
    const ask: ZoneAsk = { lon, lat, percentile: state.percentile, cutoff, now: showBefore ? states.before! : states.now, before: states.before, difference: state.compare === "difference" && !showBefore };
    const result = this.zone.find(ask);
    const left = state.compare === "swipe" && states.before ? this.zone.find({ ...ask, now: states.before, before: null, difference: false }) : null;
    if (left) this.#host.beforeMap()?.draw(drawZone(atlas, this.zone, left, state, states.before!, map.sheet));
    this.result = result;
    this.left = left;
    map.draw(drawZone(atlas, this.zone, result, state, ask.now, map.sheet));
    this.#place(lon, lat);
    if (cutoff !== state.cutoff) return;
    this.#drawPanel(result ? "" : say(lang, "isoWorking"));
    if (this.live && result) await this.#refine(this.live, turn, result, left);
  }

  /** What the page has drawn is replaced by what the engine finds, a moment later; both sides where two are compared. */
  async #refine(live: Live, turn: number, result: ZoneResult, left: ZoneResult | null): Promise<void> {
    const { state, map, model } = this.#host;
    const { atlas } = model;
    const { ask } = result;
    const shown = model.state(ask.now);
    // what a scenario stands on is asked for as the other side of it
    const over = shown?.kind === "base" ? atlas.states.find((one) => one.kind === "scenario" && one.before === shown.id) : null;
    const now = over ?? shown;
    const before = over ? shown : ask.difference || left ? model.state(ask.before) : null;
    if (!now) return;
    const window = atlas.isochrones!.window_s.map(formatClock).join("-");
    try {
      const exact = await live.isochrone({ ...ask, window }, stateRef(atlas.states, now), before ? stateRef(atlas.states, before) : null);
      if (!exact || turn !== this.#turn) return;
      this.result = withExact(result, exact, over ? "before" : "after");
      map.draw(drawZone(atlas, this.zone, this.result, state, ask.now, map.sheet));
      this.left = left && withExact(left, exact, "before");
      if (this.left) this.#host.beforeMap()?.draw(drawZone(atlas, this.zone, this.left, state, this.left.ask.now, map.sheet));
      this.#drawPanel("");
    } catch {
      // what the page found itself stands, and its panel says so
    }
  }

  /** The sheet behind the figures. */
  evidence(): HTMLElement[] {
    const { model, state } = this.#host;
    return this.result ? zoneSheet({ model, state, result: this.result, before: this.left?.ask.now ?? null, onLand: this.zone.land.known }) : [];
  }

  /** Another measure is looked at. */
  leave(): void {
    this.#turn += 1;
    this.#marker?.remove();
    this.#marker = null;
    this.#markBefore?.remove();
    this.#markBefore = null;
  }

  #drawPanel(problem: string): void {
    const { state, model } = this.#host;
    const { atlas } = model;
    const { lang } = state;
    const focused = this.section.contains(document.activeElement) ? document.activeElement!.id : "";
    const scene: ZonePanelScene = { atlas, state, result: problem ? null : this.result, left: problem ? null : this.left, problem, onLand: this.zone.land.known, openEvidence: () => this.#host.openEvidence(), commit: (change) => this.#host.commit(change), preview: (cutoff) => void this.draw(false, cutoff) };
    const words = zoneHeadline(scene);
    const table = zoneTable(scene);
    this.section.replaceChildren(
      ...(problem ? [el("p", { class: this.problem ? "warning" : "small", role: "status" }, problem)] : []),
      ...(words ? [el("p", { class: words.figure.length > LONG_FIGURE ? "figure long" : "figure" }, words.figure, " ", evidenceButton(lang, scene.openEvidence)), el("p", { class: "of" }, words.of), el("p", { class: "small" }, words.how), el("p", { class: "sentence" }, words.sentence)] : []),
      ...zoneControls(scene),
      ...(table ? [table] : []),
    );
    if (focused) document.getElementById(focused)?.focus();
    if (words) this.#host.said(`${words.figure} ${words.of}. ${words.sentence}`);
    this.#legend.replaceChildren(...zoneLegend(scene));
  }

  #place(lon: number, lat: number): void {
    const { lang } = this.#host.state;
    if (!this.#marker) {
      const mark = el("button", { type: "button", class: "point-mark", title: say(lang, "isoMark") });
      mark.addEventListener("click", (event) => event.stopPropagation());
      mark.addEventListener("keydown", (event) => this.#key(event, mark));
      this.#marker = new Marker({ element: mark, draggable: true }).setLngLat([lon, lat]).addTo(this.#host.map.libre);
      this.#marker.on("dragend", () => {
        const at = this.#marker!.getLngLat();
        this.#host.commit({ point: [rounded(at.lng), rounded(at.lat)] });
      });
    }
    this.#marker.setLngLat([lon, lat]);
    const before = this.#host.state.compare === "swipe" ? this.#host.beforeMap() : null;
    if (before) (this.#markBefore ??= new Marker({ element: el("span", { class: "point-mark", "aria-hidden": "true" }) })).setLngLat([lon, lat]).addTo(before.libre);
    this.#marker.getElement().setAttribute("aria-label", say(lang, "pointKeys"));
  }

  #key(event: KeyboardEvent, mark: HTMLElement): void {
    const [east, north] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if (!east && !north) return;
    event.preventDefault();
    event.stopPropagation();
    const step = (event.shiftKey ? 10 : 1) / KM_A_DEGREE;
    const [lon, lat] = startOf(this.#host.model.atlas, this.#host.state);
    this.#host.commit({ point: [rounded(lon + (east! * step) / Math.cos((lat * Math.PI) / 180)), rounded(lat + north! * step)] });
    mark.focus();
  }
}

function rounded(degrees: number): number {
  return Number(degrees.toFixed(4));
}

/** A result with outlines and areas of the server; `alone` is what the server calls a state that is not compared. */
function withExact(result: ZoneResult, exact: Exact, alone: "after" | "before"): ZoneResult {
  const name = (kind: Kind): ExactPart => (kind === "then" || kind === "now" ? alone : kind);
  const sides = alone === "before" ? { inside: exact.insideBefore, insideBefore: exact.insideBefore } : {};
  return { ...result, parts: result.parts.map((part) => ({ ...part, ...exact.parts[name(part.kind)] })), exact: { ...exact, ...sides } };
}
