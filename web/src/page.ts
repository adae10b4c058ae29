/** The page: one state, and everything drawn from it. */
import type { Atlas, RegionState } from "./contract";
import { el, patterns } from "./dom";
import { mapped, seen } from "./gains";
import { Header } from "./header";
import { legend } from "./legend";
import { missingLine } from "./line";
import { LineEditor } from "./line_editor";
import type { Live } from "./live";
import { AtlasMap } from "./map";
import { placesBounds } from "./map_style";
import { Model, type Lens } from "./model";
import { Panel } from "./panel";
import { gainedLost } from "./scale";
import { drawScene } from "./scene";
import { SearchBox, SearchIndex, type Found } from "./search";
import { evidenceSheet } from "./sheet";
import { ISOCHRONE, STORY, defaultState, formatHash, openQuestion, parseHash, type State } from "./state";
import { Swipe } from "./swipe";
import { Timeline } from "./timeline";
import { Tip } from "./tip";
import { cityTip, pairTip, zoneTip } from "./tip_words";
import { drawToolsBar } from "./tools_bar";
import { say, stateName } from "./words";
import { startOf, zoneStates, type ZoneResult } from "./zone";
import { ZoneView } from "./zone_view";
import { howText } from "./zone_words";

const WIDE = "(min-width: 760px)";

/** Half of the land around a point that is looked at, degrees for each hour of the cut-off. */
const NEAR = { lon: 0.75, lat: 0.55 };

/** Land around the outermost zones, degrees. */
const MARGIN = 0.1;

export class Page {
  readonly model: Model;
  readonly atlas: Atlas;
  readonly map: AtlasMap;
  state: State;
  readonly #root: HTMLElement;
  readonly #header: Header;
  readonly #search: SearchBox;
  readonly #panel: Panel;
  readonly #legend = el("section", { class: "legend" });
  readonly #tools = el("div", { class: "tools" });
  readonly #tip = new Tip();
  readonly #live = el("p", { class: "unseen", "aria-live": "polite" });
  readonly #skip = el("a", { class: "skip", href: "#table" });
  readonly #mapBox = el("div", { class: "map" });
  readonly #beforeBox = el("div", { class: "map before-map", hidden: true });
  readonly #signs = el("div", { class: "signs", "aria-hidden": "true" });
  readonly dialog = el("dialog", { class: "sheet" });
  readonly #timeline: Timeline;
  readonly #swipe: Swipe;
  readonly #zone: ZoneView;
  readonly #wide = window.matchMedia(WIDE);
  readonly #still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  #before: AtlasMap | null = null;
  #editor: LineEditor | null = null;
  #held = false;
  /** What is looked at from near: isochrones, or zones; blank = all cities. */
  #near: "" | "point" | "zones" = "";
  /** Address whose drawn line is being computed; until then what is shown is another view. */
  #awaited = "";
  /** Called at the end of each drawing: what is mounted beside the page's own parts. */
  readonly followers: (() => void)[] = [];

  constructor(atlas: Atlas, root: HTMLElement) {
    this.atlas = atlas;
    this.#root = root;
    this.model = new Model(atlas);
    const page = () => this;
    const lang = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
    this.state = parseHash(location.hash, atlas, defaultState(atlas, lang));
    this.#timeline = new Timeline((state) => this.commit({ state, compare: this.state.compare === "swipe" ? "swipe" : "none" }));
    this.#swipe = new Swipe(this.#beforeBox, (swipe) => this.commit({ swipe }));
    this.#swipe.element.hidden = true;
    this.#search = new SearchBox(new SearchIndex(atlas, atlas.search ?? null), (found) => this.#goTo(found));
    this.#header = new Header(this.#search.element, { commit: (change) => this.commit(change), ask: (id) => this.commit(openQuestion(atlas, id, this.state)), more: () => this.onMore() });
    this.#zone = new ZoneView({
      model: this.model,
      get map() {
        return page().map;
      },
      get state() {
        return page().state;
      },
      beforeMap: () => this.#before,
      commit: (change) => this.commit(change),
      openEvidence: () => this.openEvidence(),
      said: (text) => (this.#live.textContent = text),
    }, this.#legend);
    this.#panel = new Panel({
      model: this.model,
      dialog: this.dialog,
      zone: this.#zone.section,
      get state() {
        return page().state;
      },
      get isZone() {
        return page().#isZone;
      },
      lens: () => this.lens(),
      commit: (change) => this.commit(change),
      openEvidence: (lens) => this.openEvidence(lens),
      openSheet: (parts, kind) => this.openSheet(parts, kind),
      said: (text) => (this.#live.textContent = text),
      previewAt: (city, x, y) => this.#previewAt(city, x, y),
      previewCity: (city) => this.#previewCity(city),
      previewPair: (from, to, x, y) => this.#previewPair(from, to, x, y),
      clickRow: (city) => this.#clickRow(city),
    });
    const zoom = el("div", { class: "zoom" });
    const stage = el("main", { class: "stage" }, el("div", { class: "map-frame" }, this.#mapBox, this.#beforeBox, this.#swipe.element, zoom, this.#tools, this.#timeline.element), this.#legend, this.panel);
    root.replaceChildren(this.#skip, this.#header.element, stage, this.#tip.element, this.#live, this.#signs, this.dialog);
    this.#skip.addEventListener("click", (event) => {
      event.preventDefault();
      const target = this.#panel.table.hidden ? this.panel : this.#panel.table;
      target.tabIndex = -1;
      target.focus();
      target.scrollIntoView();
    });
    this.map = new AtlasMap(this.#mapBox, atlas, this.#mapHandlers(this.#mapBox), this.#wide.matches, this.#still);
    if (this.state.view) this.map.jump(this.state.view);
    for (const [word, sign, act] of [["zoomIn", "+", () => this.map.zoomBy(1)], ["zoomOut", "\u2212", () => this.map.zoomBy(-1)], ["whole", "⤢", () => this.#whole()]] as const) {
      zoom.append(el("button", { type: "button", "data-word": word, onclick: act }, sign));
    }
    this.#listen();
    if (missingLine(location.hash, atlas)) this.#awaited = location.hash;
    this.#write();
    this.#show(this.state);
    // the tools were empty until now; on a narrow map they would lie over cities
    if (!this.state.view) this.map.refit(this.#wide.matches);
  }

  /** A server answers: isochrones are its own, and lines can be drawn and computed. */
  goLive(live: Live): void {
    this.#zone.live = live;
    if (this.#isZone) void this.#zone.draw(false);
    if (!live.about.capabilities.runs || !this.atlas.station_ids.length) return;
    const page = () => this;
    this.#editor = new LineEditor(live, {
      atlas: this.atlas,
      get lang() {
        return page().state.lang;
      },
      get state() {
        return page().state;
      },
      get city() {
        return page().state.city ?? page().atlas.headline[0];
      },
      project: (lon, lat) => this.map.libre.project([lon, lat]),
      drawn: (line) => this.map.sketch(line),
      commit: (change) => this.commit(change),
      added: (state) => this.#added(state),
      gaveUp: () => {
        this.#awaited = "";
        this.#write();
      },
    });
    this.panel.prepend(this.#editor.section);
    this.followers.push(() => this.#editor?.draw());
    this.#editor.draw();
    this.#drawTools();
    if (this.#awaited) this.#await(this.#awaited);
  }

  /** A line is computed: the view that was asked for, or what it changes. */
  #added(state: RegionState): void {
    const awaited = this.#awaited;
    this.#awaited = "";
    if (awaited && awaited === location.hash) this.#show(parseHash(awaited, this.atlas, defaultState(this.atlas, this.state.lang)));
    else this.commit({ ...openQuestion(this.atlas, `scenario-${state.id}`, this.state), editing: false });
  }

  /** Have the line computed that an address names, as a reload has lost what was found. */
  #await(hash: string): void {
    const line = missingLine(hash, this.atlas);
    if (!this.#editor || !line) return;
    this.#awaited = hash;
    this.#show({ ...this.state, editing: true, line });
    this.#editor.restore(line);
  }

  /** Write the view into the address, in the place of the one before. */
  #write(): void {
    if (!this.#awaited) history.replaceState(null, "", formatHash(this.state, this.atlas));
  }

  /** What the button at the end of the bar opens; the panels of notes, export and copies hang there. */
  onMore: () => void = () => this.openEvidence();

  /** Change what is looked at; the hash keeps it, so Back undoes it. */
  commit(change: Partial<State>): void {
    const next = { ...this.state, ...change };
    if (next.city === null) next.to = null;
    const hash = formatHash(next, this.atlas);
    if (hash === location.hash) return;
    this.#awaited = "";
    // drawn at once; the hash event that follows finds nothing to do
    this.#show(next);
    location.hash = hash;
  }

  /** What is read now: before, while that is held. */
  lens(): Lens | null {
    const lens = this.model.lens(this.state);
    if (!lens || !this.#held || !lens.before) return lens;
    return this.model.plain(lens, "before");
  }

  openEvidence(lens: Lens | null = this.model.lens(this.state)): void {
    if (this.zoneResult) this.openSheet(this.#zone.evidence());
    else if (lens) this.openSheet(evidenceSheet(this.model, lens, this.state.lang));
  }

  openSheet(parts: HTMLElement[], kind = "evidence"): void {
    const { lang } = this.state;
    this.dialog.className = `sheet ${kind}`;
    this.dialog.replaceChildren(el("button", { type: "button", class: "close", "aria-label": say(lang, "close"), onclick: () => this.dialog.close() }, "✕"), ...parts);
    if (!this.dialog.open) this.dialog.showModal();
    // the tip must lie in the dialog to show above it
    this.dialog.append(this.#tip.element);
    this.dialog.scrollTop = 0;
  }

  get zoneResult(): ZoneResult | null {
    return this.#isZone ? this.#zone.result : null;
  }

  /** The left side of a swipe. */
  get zoneBefore(): ZoneResult | null {
    return this.#isZone ? this.#zone.left : null;
  }

  /** Folder of the region where a server tells it. */
  get folder(): string | null {
    return this.#zone.live?.about.region?.folder ?? null;
  }

  /** Departures and land that the figures of isochrones count. */
  get zoneHow(): string {
    return howText(this.atlas, this.state.percentile, this.#zone.zone.land.known, this.state.lang);
  }

  get chartSvg(): SVGSVGElement | null {
    return this.#panel.chartSvg;
  }

  get panel(): HTMLElement {
    return this.#panel.element;
  }

  get legendElement(): HTMLElement {
    return this.#legend;
  }

  get drawn(): boolean {
    return this.map.drawn && (this.#before === null || this.#beforeBox.hidden || this.#before.drawn) && (!this.#isZone || this.#zone.result !== null || this.#zone.problem !== "");
  }

  get #isZone(): boolean {
    return this.state.measure === ISOCHRONE && this.state.question !== STORY && this.atlas.isochrones !== null;
  }

  // ---- events

  #listen(): void {
    window.addEventListener("hashchange", () => {
      if (this.#editor && location.hash !== this.#awaited && missingLine(location.hash, this.atlas)) {
        this.#await(location.hash);
        return;
      }
      const next = parseHash(location.hash, this.atlas, { ...defaultState(this.atlas, this.state.lang) });
      if (formatHash(next, this.atlas) === formatHash(this.state, this.atlas)) return;
      const view = JSON.stringify(next.view) !== JSON.stringify(this.state.view);
      this.#show(next);
      if (view && next.view) this.map.jump(next.view);
      else if (view) this.map.refit(this.#wide.matches);
    });
    window.addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input[type=text], textarea, select");
      if (event.key === "Escape" && !this.dialog.open) this.commit({ city: null, to: null });
      if (event.key.toLowerCase() === "b" && !typing && !event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey && !this.dialog.open) this.#hold(true);
    });
    window.addEventListener("keyup", (event) => {
      if (event.key.toLowerCase() === "b") this.#hold(false);
    });
    window.addEventListener("blur", () => this.#hold(false));
    this.#wide.addEventListener("change", (event) => {
      this.map.libre.resize();
      this.#before?.libre.resize();
      if (!this.state.view) this.map.refit(event.matches);
      this.#panel.draw();
    });
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      // a phone that is turned; its height alone changes whenever the address bar hides
      if (window.innerWidth === width) return;
      width = window.innerWidth;
      this.#panel.draw();
    });
    this.dialog.addEventListener("close", () => {
      this.#tip.hide();
      this.#root.append(this.#tip.element);
    });
  }

  #mapHandlers(box: HTMLElement) {
    return {
      hover: (city: number | null, x: number, y: number) => {
        const at = box.getBoundingClientRect();
        this.#previewAt(city, at.left + x, at.top + y);
      },
      click: (city: number | null, lon: number, lat: number, asDestination: boolean, x: number, y: number) => {
        if (this.#editor?.open) {
          this.#editor.click(x, y, city);
          return;
        }
        if (this.#isZone) this.commit({ point: [Number(lon.toFixed(4)), Number(lat.toFixed(4))] });
        else if (city !== null && this.#drawnLens()?.measure.shape !== "zone") this.commit(asDestination && this.state.city !== null && city !== this.state.city ? { to: city } : { city, to: null });
        else return;
        // the answer stands at the top; the panel may still be scrolled to the table
        this.panel.scrollTop = 0;
      },
      // a view is no step of its own: Back undoes choices, not moves
      moved: () => {
        this.state = { ...this.state, view: this.map.view };
        this.#write();
      },
    };
  }

  #whole(): void {
    this.state = { ...this.state, view: null };
    this.#write();
    this.map.look(null, this.#wide.matches);
  }

  #goTo(found: Found): void {
    if (this.#isZone) this.commit({ point: [found.lon, found.lat] });
    else if (found.kind === "city") this.commit({ city: found.index, to: null });
    this.map.fly(found.lon, found.lat);
  }

  /** What the map shows of what is read. */
  #drawnLens(): Lens | null {
    const lens = this.lens();
    return lens && mapped(this.model, lens);
  }

  #clickRow(city: number): void {
    if (!this.#isZone && this.#drawnLens()?.measure.shape === "zone") return;
    const one = this.atlas.cities[city]!;
    if (this.#isZone) this.commit({ point: [one.lon, one.lat] });
    else if (this.state.city === null || this.model.lens(this.state)?.measure.shape !== "pair") this.commit({ city: this.state.city === city ? null : city, to: null });
    else if (city !== this.state.city) this.commit({ to: this.state.to === city ? null : city });
  }

  #hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    this.#tools.querySelector(".hold")?.setAttribute("aria-pressed", String(held));
    if (this.#isZone) {
      void this.#zone.draw(held);
      return;
    }
    this.#drawMap();
    this.#panel.drawHeadline();
  }

  // ---- drawing

  #show(state: State): void {
    this.state = state;
    const { lang } = state;
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    document.title = `${this.atlas.title[lang]} · megaregion`;
    this.#skip.textContent = say(lang, "skip");
    this.#mapBox.querySelector("canvas")?.setAttribute("aria-label", say(lang, "map"));
    for (const button of document.querySelectorAll<HTMLElement>(".zoom button")) {
      const words = say(lang, button.dataset["word"] as "zoomIn" | "zoomOut");
      button.title = words;
      button.setAttribute("aria-label", words);
    }
    this.#tip.hide();
    this.#search.draw(lang);
    this.#header.draw(this.model, state);
    this.#drawTools();
    this.#lookNear();
    this.#drawSwipe();
    this.#drawMap();
    this.#panel.draw();
    for (const follow of this.followers) follow();
  }

  /** Isochrones and zones are looked at from near, all else as a whole, unless the reader has moved the map. */
  #lookNear(): void {
    const near = this.#isZone ? "point" : this.state.question !== STORY && this.#drawnLens()?.measure.shape === "zone" ? "zones" : "";
    if (near === this.#near) return;
    this.#near = near;
    if (this.state.view) return;
    const [lon, lat] = startOf(this.atlas, this.state);
    const hours = Math.max(0.75, this.state.cutoff / 60);
    const [east, north] = [NEAR.lon * hours, NEAR.lat * hours];
    const around: [number, number, number, number] = [lon - east, lat - north, lon + east, lat + north];
    this.map.look(near === "point" ? around : near === "zones" ? placesBounds(this.atlas.zones, MARGIN) : null, this.#wide.matches);
  }

  /** States between which the map can compare, of the measure or of isochrones. */
  #compared(): [RegionState, RegionState] | null {
    if (this.state.question === STORY) return null;
    if (this.#isZone) {
      const { now, before } = zoneStates(this.atlas, { ...this.state, compare: "difference" });
      const found = [this.model.state(before), this.model.state(now)];
      return found[0] && found[1] ? [found[0], found[1]] : null;
    }
    const lens = this.model.lens({ ...this.state, compare: this.state.compare === "none" ? "swipe" : this.state.compare });
    return lens?.before && lens.now ? [lens.before, lens.now] : null;
  }

  #drawTools(): void {
    const { lang, compare } = this.state;
    const lens = this.#isZone || this.state.question === STORY ? null : this.model.lens(this.state);
    drawToolsBar(this.#tools, { state: this.state, compared: this.#compared(), pairs: lens?.measure.shape === "pair", commit: (change) => this.commit(change), hold: (held) => this.#hold(held), editor: this.#editor });
    const states = lens ? this.model.statesOf(lens.measure) : [];
    this.#timeline.draw(states, compare === "difference" ? null : (lens?.now ?? null), lang);
  }

  #drawSwipe(): void {
    const { lang, compare } = this.state;
    const compared = this.#compared();
    const on = compare === "swipe" && compared !== null;
    this.#beforeBox.hidden = this.#swipe.element.hidden = !on;
    if (!on) return;
    const [before, after] = [stateName(compared[0], lang), stateName(compared[1], lang)];
    if (!this.#before) {
      this.#before = new AtlasMap(this.#beforeBox, this.atlas, this.#mapHandlers(this.#beforeBox), this.#wide.matches, this.#still);
      this.#swipe.join(this.map, this.#before);
    }
    this.#before.libre.resize();
    this.#before.jump(this.map.view);
    this.#beforeBox.querySelector("canvas")?.setAttribute("aria-label", say(lang, "mapBefore", { before }));
    this.#swipe.draw(this.state.swipe, say(lang, "swipeHandle", { before, after }), before, after);
  }

  // ---- map and legend

  #drawMap(): void {
    if (this.#isZone) {
      this.#drawSigns(null);
      void this.#zone.draw(this.#held);
      return;
    }
    this.#zone.leave();
    const lens = this.lens();
    if (!lens) {
      this.#drawNothing();
      return;
    }
    this.#drawSigns(lens);
    const drawn = mapped(this.model, lens);
    const state = seen(this.state, drawn);
    const { scene, scale, flows, change } = drawScene(this.model.of(drawn), drawn, state);
    this.map.draw(scene);
    if (!this.#beforeBox.hidden && lens.before) this.#before?.draw(drawScene(this.model, this.model.plain(lens, "before"), this.state).scene);
    this.#legend.replaceChildren(...legend({ atlas: this.atlas, state, lens: drawn, scale, flows, change, openEvidence: () => this.openEvidence(drawn) }));
  }

  /** The measure has no data: what it needs stands in the panel, and the map is hatched. */
  #drawNothing(): void {
    const last = [...this.atlas.states].reverse().find((one) => one.kind === "year" && one.timetable);
    this.map.draw({ lines: { state: last?.id ?? "", change: false }, dim: false, grounds: this.atlas.cities.map(() => ({ fill: "#fbfaf7", pattern: "hatch" })), values: this.atlas.cities.map(() => ""), amounts: null, flows: { type: "FeatureCollection", features: [] }, zone: null, zones: null, city: this.state.city, to: this.state.to });
    this.#legend.replaceChildren(el("p", { class: "small" }, say(this.state.lang, "nodata")));
  }

  #drawSigns(lens: Lens | null): void {
    const { gained, lost } = gainedLost(lens?.measure ?? { better: "less" });
    const holder = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    holder.append(patterns(gained, lost));
    this.#signs.replaceChildren(holder);
  }

  // ---- preview

  #previewAt(city: number | null, x: number, y: number): void {
    this.#previewCity(city);
    if (city === null) this.#tip.hide();
    else if (this.#isZone) this.#tip.show(zoneTip(this.model, this.state.lang, city, this.#zone.result?.times[city] ?? Infinity), x, y);
    else {
      const drawn = this.#drawnLens();
      this.#tip.show(cityTip(this.model.of(drawn), drawn, seen(this.state, drawn), city), x, y);
    }
  }

  #previewCity(city: number | null): void {
    this.map.preview(city);
    this.#before?.preview(city);
    this.#panel.preview(city);
    this.#panel.markMatrices(this.state.city === null ? [city, null] : [null, city]);
  }

  #previewPair(from: number | null, to: number | null, x: number, y: number): void {
    this.map.preview(to);
    this.#panel.previewRow(this.state.city === null ? from : to);
    this.#panel.markMatrices([from, to]);
    const lens = this.lens();
    if (from === null || to === null || !lens) this.#tip.hide();
    else this.#tip.show(pairTip(this.model, lens, this.state.lang, from, to), x, y);
  }
}
