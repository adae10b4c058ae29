/** The page: one state, and everything drawn from it. */
import { Marker } from "maplibre-gl";
import { Chart } from "./chart";
import { claimsSection } from "./claims";
import type { Atlas, Claim, RegionState } from "./contract";
import { el, patterns } from "./dom";
import { shortName } from "./format";
import { Header, radios } from "./header";
import { choiceText, describe, headline } from "./headline";
import { evidenceButton, legend } from "./legend";
import { AtlasMap } from "./map";
import { Matrix } from "./matrix";
import { Model, type Lens } from "./model";
import { profileSection } from "./profile";
import { gainedLost } from "./scale";
import { cityReading, drawScene, drawZone, groundOf, scaleOf, tableRows } from "./scene";
import { SearchBox, SearchIndex, type Found } from "./search";
import { claimSheet, evidenceSheet, statusMark } from "./sheet";
import { ISOCHRONE, REACH, STORY, TOP, defaultState, formatHash, openQuestion, parseHash, questionsOf, type State } from "./state";
import { Swipe } from "./swipe";
import { Table } from "./table";
import { Timeline } from "./timeline";
import { cityName, say, stateLong, stateName } from "./words";
import { Zone, startOf, zoneStates, type ZoneAsk, type ZoneResult } from "./zone";
import { zoneControls, zoneHeadline, zoneLegend, zoneTable, type ZonePanelScene } from "./zone_panel";

const WIDE = "(min-width: 760px)";

export class Page {
  readonly model: Model;
  readonly atlas: Atlas;
  readonly map: AtlasMap;
  state: State;
  readonly #root: HTMLElement;
  readonly #header: Header;
  readonly #search: SearchBox;
  readonly #sections = {
    measures: el("section", { class: "measures" }),
    headline: el("section", { class: "headline" }),
    zone: el("section", { class: "zone-section" }),
    claims: el("section", { class: "claims-section" }),
    profile: el("section", { class: "profile-section" }),
    chart: el("section", { class: "chart-section" }),
    matrix: el("section", { class: "matrix-section" }),
    table: el("section", { class: "table-section", id: "table", tabindex: "-1" }),
  };
  readonly panel: HTMLElement;
  readonly #legend = el("section", { class: "legend" });
  readonly #tools = el("div", { class: "tools" });
  readonly #tip = el("div", { class: "tip", role: "presentation", hidden: true });
  readonly #live = el("p", { class: "unseen", "aria-live": "polite" });
  readonly #skip = el("a", { class: "skip", href: "#table" });
  readonly #mapBox = el("div", { class: "map" });
  readonly #beforeBox = el("div", { class: "map before-map", hidden: true });
  readonly #signs = el("div", { class: "signs", "aria-hidden": "true" });
  readonly dialog = el("dialog", { class: "sheet" });
  readonly #chart: Chart;
  readonly #matrix: Matrix;
  readonly #largeMatrix: Matrix;
  readonly #table: Table;
  readonly #timeline: Timeline;
  readonly #swipe: Swipe;
  readonly #zone: Zone;
  readonly #wide = window.matchMedia(WIDE);
  readonly #still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  #before: AtlasMap | null = null;
  #marker: Marker | null = null;
  #zoneResult: ZoneResult | null = null;
  #zoneProblem = "";
  #held = false;
  /** Called at the end of each drawing: what is mounted beside the page's own parts. */
  readonly followers: (() => void)[] = [];

  constructor(atlas: Atlas, root: HTMLElement) {
    this.atlas = atlas;
    this.#root = root;
    this.model = new Model(atlas);
    const lang = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
    this.state = parseHash(location.hash, atlas, defaultState(atlas, lang));
    const matrixHandlers = {
      hover: (from: number | null, to: number | null, x: number, y: number) => this.#previewPair(from, to, x, y),
      click: (from: number, to: number) => this.commit({ city: from, to: from === to ? null : to }),
    };
    this.#matrix = new Matrix(matrixHandlers);
    this.#largeMatrix = new Matrix(matrixHandlers);
    this.#chart = new Chart({ hover: (city, x, y) => this.#previewAt(city, x, y), click: (city) => this.#clickRow(city) });
    this.#table = new Table({ hover: (city) => this.#previewCity(city), click: (city) => this.#clickRow(city) });
    this.#timeline = new Timeline((state) => this.commit({ state, compare: this.state.compare === "swipe" ? "swipe" : "none" }));
    this.#swipe = new Swipe(this.#beforeBox, (swipe) => this.commit({ swipe }));
    this.#swipe.element.hidden = true;
    this.#zone = new Zone(atlas);
    this.#search = new SearchBox(new SearchIndex(atlas, atlas.search ?? null), (found) => this.#goTo(found));
    this.#header = new Header(this.#search.element, { commit: (change) => this.commit(change), ask: (id) => this.commit(openQuestion(atlas, id, this.state)), more: () => this.onMore() });
    this.panel = el("aside", { class: "panel" }, ...Object.values(this.#sections));
    const zoom = el("div", { class: "zoom" });
    const stage = el("main", { class: "stage" }, el("div", { class: "map-frame" }, this.#mapBox, this.#beforeBox, this.#swipe.element, zoom, this.#tools, this.#timeline.element), this.#legend, this.panel);
    root.replaceChildren(this.#skip, this.#header.element, stage, this.#tip, this.#live, this.#signs, this.dialog);
    this.#skip.addEventListener("click", (event) => {
      event.preventDefault();
      const target = this.#sections.table.hidden ? this.panel : this.#sections.table;
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
    history.replaceState(null, "", formatHash(this.state, atlas));
    this.#show(this.state);
    // on a narrow map the tools, which were empty until now, would lie over cities
    if (!this.state.view) this.map.refit(this.#wide.matches);
  }

  /** What the button at the end of the bar opens; the panels of notes, export and copies hang there. */
  onMore: () => void = () => this.openEvidence();

  /** Change what is looked at; the hash keeps it, so Back undoes it. */
  commit(change: Partial<State>): void {
    const next = { ...this.state, ...change };
    if (next.city === null) next.to = null;
    const hash = formatHash(next, this.atlas);
    if (hash === location.hash) return;
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
    if (lens) this.openSheet(evidenceSheet(this.model, lens, this.state.lang));
  }

  openSheet(parts: HTMLElement[], kind = "evidence"): void {
    const { lang } = this.state;
    this.dialog.className = `sheet ${kind}`;
    this.dialog.replaceChildren(el("button", { type: "button", class: "close", "aria-label": say(lang, "close"), onclick: () => this.dialog.close() }, "✕"), ...parts);
    if (!this.dialog.open) this.dialog.showModal();
    // the tip must lie in the dialog to show above it
    this.dialog.append(this.#tip);
    this.dialog.scrollTop = 0;
  }

  get zoneResult(): ZoneResult | null {
    return this.#isZone ? this.#zoneResult : null;
  }

  get chartSvg(): SVGSVGElement | null {
    return this.#chart.svg;
  }

  get legendElement(): HTMLElement {
    return this.#legend;
  }

  get drawn(): boolean {
    return this.map.drawn && (this.#before === null || this.#beforeBox.hidden || this.#before.drawn) && (!this.#isZone || this.#zoneResult !== null || this.#zoneProblem !== "");
  }

  get #isZone(): boolean {
    return this.state.measure === ISOCHRONE && this.state.question === REACH && this.atlas.isochrones !== null;
  }

  // ---- events

  #listen(): void {
    window.addEventListener("hashchange", () => {
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
      this.#drawPanel();
    });
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      // a phone that is turned; its height alone changes whenever the address bar hides
      if (window.innerWidth === width) return;
      width = window.innerWidth;
      this.#drawPanel();
    });
    this.dialog.addEventListener("close", () => {
      this.#hideTip();
      this.#root.append(this.#tip);
    });
  }

  #mapHandlers(box: HTMLElement) {
    return {
      hover: (city: number | null, x: number, y: number) => {
        const at = box.getBoundingClientRect();
        this.#previewAt(city, at.left + x, at.top + y);
      },
      click: (city: number | null, lon: number, lat: number, asDestination: boolean) => {
        if (this.#isZone) this.commit({ point: [Number(lon.toFixed(4)), Number(lat.toFixed(4))] });
        else if (city !== null) this.commit(asDestination && this.state.city !== null && city !== this.state.city ? { to: city } : { city, to: null });
        else return;
        // the answer stands at the top; the panel may still be scrolled to the table
        this.panel.scrollTop = 0;
      },
      // a view is no step of its own: Back undoes choices, not moves
      moved: () => {
        this.state = { ...this.state, view: this.map.view };
        history.replaceState(null, "", formatHash(this.state, this.atlas));
      },
    };
  }

  #whole(): void {
    this.state = { ...this.state, view: null };
    history.replaceState(null, "", formatHash(this.state, this.atlas));
    this.map.look(null, this.#wide.matches);
  }

  #goTo(found: Found): void {
    if (this.#isZone) this.commit({ point: [found.lon, found.lat] });
    else if (found.kind === "city") this.commit({ city: found.index, to: null });
    this.map.fly(found.lon, found.lat);
  }

  #clickRow(city: number): void {
    const one = this.atlas.cities[city]!;
    if (this.#isZone) this.commit({ point: [one.lon, one.lat] });
    else if (this.state.city === null || this.model.lens(this.state)?.measure.shape !== "pair") this.commit({ city: this.state.city === city ? null : city, to: null });
    else if (city !== this.state.city) this.commit({ to: this.state.to === city ? null : city });
  }

  #hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    this.#tools.querySelector(".hold")?.setAttribute("aria-pressed", String(held));
    this.#drawMap();
    this.#drawHeadline();
    if (this.#isZone) void this.#drawZone();
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
    this.#hideTip();
    this.#search.draw(lang);
    this.#header.draw(this.model, state);
    this.#drawTools();
    this.#drawSwipe();
    this.#drawMap();
    this.#drawPanel();
    for (const follow of this.followers) follow();
  }

  #drawPanel(): void {
    const story = this.state.question === STORY;
    const lens = this.model.lens(this.state);
    const { measures, zone, claims, profile, chart, matrix, table, headline: top } = this.#sections;
    measures.hidden = story;
    claims.hidden = !story;
    zone.hidden = !this.#isZone;
    top.hidden = story || this.#isZone;
    profile.hidden = story || this.#isZone || this.state.city === null || this.state.to !== null;
    chart.hidden = table.hidden = story || this.#isZone || !lens;
    matrix.hidden = story || this.#isZone || lens?.measure.shape !== "pair";
    if (story) this.#drawClaims();
    else this.#drawMeasures();
    if (this.#isZone) void this.#drawZone();
    else if (!story) this.#drawHeadline();
    if (!profile.hidden) profile.replaceChildren(...profileSection(this.model, this.state, this.state.city!, (one) => this.openEvidence(one)));
    profile.hidden ||= !profile.childElementCount;
    if (!chart.hidden && lens) this.#drawChart(lens);
    if (!matrix.hidden && lens) this.#drawMatrix(lens);
    if (!table.hidden && lens) this.#drawTable(lens);
  }

  #drawMeasures(): void {
    const { lang } = this.state;
    const holder = this.#sections.measures;
    const focused = holder.contains(document.activeElement) ? document.activeElement!.id : "";
    const names = questionsOf(this.atlas).find((one) => one.id === this.state.question)?.measures ?? [];
    const title = (name: string) => (name === ISOCHRONE ? say(lang, "isochrone") : (this.model.measure(name)?.title[lang] ?? name));
    const measure = this.model.measure(this.state.measure);
    const choice = measure?.choice && Object.keys(measure.values).length ? measure.choice : null;
    const chosen = measure && this.state.choice in measure.values ? this.state.choice : (measure?.default ?? "");
    holder.replaceChildren(
      radios("measure", say(lang, "measure"), names.map((name) => [name, title(name)]), this.state.measure, (name) => this.commit({ measure: name, choice: "" })),
      ...(choice ? [radios("choice", choice.about[lang], choice.values.map((value) => [String(value), choice.name === "minutes" ? `${value} ${lang === "zh" ? "分钟" : "min"}` : String(value)]), chosen, (value) => this.commit({ choice: value === measure!.default ? "" : value }))] : []),
    );
    if (focused) document.getElementById(focused)?.focus();
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
    const compared = this.#compared();
    const focused = this.#tools.contains(document.activeElement) ? document.activeElement!.id : "";
    const parts: HTMLElement[] = [];
    if (compared) {
      const hold = el("button", { type: "button", id: "hold", class: "hold", "aria-pressed": "false", title: say(lang, "holdKey", { before: stateName(compared[0], lang) }) }, say(lang, "hold"));
      hold.addEventListener("pointerdown", () => this.#hold(true));
      for (const end of ["pointerup", "pointerleave", "pointercancel"]) hold.addEventListener(end, () => this.#hold(false));
      hold.addEventListener("keydown", (event) => (event.key === " " || event.key === "Enter") && this.#hold(true));
      hold.addEventListener("keyup", () => this.#hold(false));
      parts.push(el("button", { type: "button", id: "swipe", "aria-pressed": String(compare === "swipe"), onclick: () => this.commit({ compare: compare === "swipe" ? "none" : "swipe" }) }, say(lang, "swipe")), hold);
    }
    const lens = this.#isZone || this.state.question === STORY ? null : this.model.lens(this.state);
    if (lens?.measure.shape === "pair") {
      const { flows, top } = this.state;
      parts.push(el("button", { type: "button", id: "flows", "aria-pressed": String(flows), onclick: () => this.commit({ flows: !flows }) }, say(lang, "flows")));
      if (flows) {
        const text = el("output", { for: "top" }, say(lang, "flowsTop", { n: top }));
        const slider = el("input", { type: "range", id: "top", min: String(TOP.least), max: String(TOP.most), step: "5", "aria-label": say(lang, "flowsTop", { n: top }) });
        slider.value = String(top);
        slider.addEventListener("input", () => (text.textContent = say(lang, "flowsTop", { n: slider.value })));
        slider.addEventListener("change", () => this.commit({ top: Number(slider.value) }));
        parts.push(el("span", { class: "top" }, slider, text));
      }
    }
    this.#tools.replaceChildren(...parts);
    this.#tools.hidden = !parts.length;
    if (focused) document.getElementById(focused)?.focus();
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
      void this.#drawZone();
      return;
    }
    this.#marker?.remove();
    this.#marker = null;
    const lens = this.lens();
    if (!lens) {
      this.#drawNothing();
      return;
    }
    this.#drawSigns(lens);
    const { scene, scale, flows, change } = drawScene(this.model, lens, this.state);
    this.map.draw(scene);
    if (!this.#beforeBox.hidden && lens.before) this.#before?.draw(drawScene(this.model, this.model.plain(lens, "before"), this.state).scene);
    this.#legend.replaceChildren(...legend({ atlas: this.atlas, state: this.state, lens, scale, flows, change, openEvidence: () => this.openEvidence() }));
  }

  /** The measure has no data: what it needs stands in the panel, and the map is hatched. */
  #drawNothing(): void {
    const last = [...this.atlas.states].reverse().find((one) => one.kind === "year" && one.timetable);
    this.map.draw({ lines: { state: last?.id ?? "", change: false }, dim: false, grounds: this.atlas.cities.map(() => ({ fill: "#fbfaf7", pattern: "hatch" })), values: this.atlas.cities.map(() => ""), amounts: null, flows: { type: "FeatureCollection", features: [] }, zone: null, city: this.state.city, to: this.state.to });
    this.#legend.replaceChildren(el("p", { class: "small" }, say(this.state.lang, "nodata")));
  }

  #drawSigns(lens: Lens): void {
    const { gained, lost } = gainedLost(lens.measure);
    const holder = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    holder.append(patterns(gained, lost));
    this.#signs.replaceChildren(holder);
  }

  // ---- what is reached from a point

  async #drawZone(cutoff = this.state.cutoff): Promise<void> {
    const { lang } = this.state;
    if (!this.#zone.ready) {
      this.#zoneProblem = this.#zoneProblem || "";
      this.#drawZonePanel(say(lang, "isoLoading"));
      try {
        await this.#zone.load();
      } catch {
        this.#zoneProblem = say(lang, "isoMissing", { file: this.atlas.isochrones!.file });
        this.#drawZonePanel(this.#zoneProblem);
        return;
      }
      if (!this.#isZone) return;
    }
    const states = zoneStates(this.atlas, this.state);
    const [lon, lat] = startOf(this.atlas, this.state);
    const swiping = this.state.compare === "swipe";
    const held = this.#held && states.before;
    const ask: ZoneAsk = { lon, lat, percentile: this.state.percentile, cutoff, now: held ? states.before! : states.now, before: states.before, difference: this.state.compare === "difference" && !held };
    if (swiping && states.before) {
      const before = this.#zone.find({ ...ask, now: states.before, before: null });
      this.#before?.draw(drawZone(this.atlas, this.#zone, before, this.state, states.before, this.map.sheet));
    }
    this.#zoneResult = this.#zone.find(ask);
    this.map.draw(drawZone(this.atlas, this.#zone, this.#zoneResult, this.state, ask.now, this.map.sheet));
    this.#placeMarker(lon, lat);
    if (cutoff === this.state.cutoff) this.#drawZonePanel("");
  }

  #drawZonePanel(problem: string): void {
    const holder = this.#sections.zone;
    const focused = holder.contains(document.activeElement) ? document.activeElement!.id : "";
    const scene: ZonePanelScene = { atlas: this.atlas, state: this.state, result: problem ? null : this.#zoneResult, problem, commit: (change) => this.commit(change), preview: (cutoff) => void this.#drawZone(cutoff) };
    const words = zoneHeadline(scene);
    const table = zoneTable(scene);
    holder.replaceChildren(
      ...(problem ? [el("p", { class: this.#zoneProblem ? "warning" : "small", role: "status" }, problem)] : []),
      ...(words ? [el("p", { class: "figure" }, words.figure), el("p", { class: "of" }, words.of), el("p", { class: "sentence" }, words.sentence)] : []),
      ...zoneControls(scene),
      ...(table ? [table] : []),
    );
    if (focused) document.getElementById(focused)?.focus();
    if (words) this.#live.textContent = `${words.figure} ${words.of}. ${words.sentence}`;
    this.#legend.replaceChildren(...zoneLegend(scene, false));
    const lens = this.model.lens({ ...this.state, measure: this.atlas.measures[0]?.name ?? "" });
    if (lens) this.#drawSigns(lens);
  }

  #placeMarker(lon: number, lat: number): void {
    if (!this.#marker) {
      const mark = el("button", { type: "button", class: "point-mark", "aria-label": say(this.state.lang, "pointKeys"), title: say(this.state.lang, "isoMark") });
      mark.addEventListener("click", (event) => event.stopPropagation());
      mark.addEventListener("keydown", (event) => {
        const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
        if (!x && !y) return;
        event.preventDefault();
        event.stopPropagation();
        const step = (event.shiftKey ? 10 : 1) / 111.32;
        const [west, south] = startOf(this.atlas, this.state);
        this.commit({ point: [Number((west + (x! * step) / Math.cos((south * Math.PI) / 180)).toFixed(4)), Number((south + y! * step).toFixed(4))] });
        mark.focus();
      });
      this.#marker = new Marker({ element: mark, draggable: true }).setLngLat([lon, lat]).addTo(this.map.libre);
      this.#marker.on("dragend", () => {
        const at = this.#marker!.getLngLat();
        this.commit({ point: [Number(at.lng.toFixed(4)), Number(at.lat.toFixed(4))] });
      });
    }
    this.#marker.setLngLat([lon, lat]);
    this.#marker.getElement().setAttribute("aria-label", say(this.state.lang, "pointKeys"));
  }

  // ---- panel

  #drawClaims(): void {
    this.#sections.claims.replaceChildren(...claimsSection(this.atlas, this.state.lang, (claim: Claim) => this.openSheet(claimSheet(this.atlas, claim, this.state.lang))));
  }

  #drawHeadline(): void {
    const { lang, city, to } = this.state;
    const holder = this.#sections.headline;
    const lens = this.lens();
    const missing = this.model.measure(this.state.measure)?.needs;
    if (!lens) {
      const title = this.model.measure(this.state.measure)?.title[lang] ?? "";
      holder.replaceChildren(...(missing ? [el("h2", {}, say(lang, "needsTitle", { measure: title })), el("p", {}, say(lang, "needsWhat", { what: missing.what[lang] })), el("code", {}, missing[lang])] : []));
      return;
    }
    const words = headline(this.model, lens, this.state);
    const pair = lens.measure.shape === "pair";
    const buttons: HTMLElement[] = [];
    if (pair && city !== null && to !== null) buttons.push(el("button", { type: "button", class: "reverse", onclick: () => this.commit({ city: to, to: city }) }, `⇄ ${say(lang, "reverse")}`));
    if (city !== null) buttons.push(el("button", { type: "button", class: "clear", onclick: () => this.commit({ city: null, to: null }) }, `✕ ${say(lang, "clear")}`));
    const named = [lens.difference ? lens.before : null, lens.now].filter((one) => one !== null).map((one) => stateLong(one, lens.measure, lang)).join(" → ");
    const doubtful = words.status !== null && words.status !== "confirmed";
    holder.replaceChildren(
      ...[
        this.atlas.illustrative ? el("p", { class: "warning" }, say(lang, "illustrative")) : null,
        el("p", { class: "figure" }, el("span", { class: doubtful ? `doubtful ${words.status}` : "" }, words.figure), " ", evidenceButton(lang, () => this.openEvidence(lens))),
        el("p", { class: "of" }, words.of),
        words.then ? el("p", { class: "then" }, words.then) : null,
        el("p", { class: "sentence" }, words.sentence),
        el("p", { class: "small" }, named, doubtful ? " · " : null, doubtful ? statusMark(words.status!, lang) : null),
        city === null ? (lens.measure.shape === "value" ? null : el("p", { class: "small" }, say(lang, "pick"))) : el("p", { class: "buttons" }, ...buttons),
      ].filter((part): part is HTMLParagraphElement => part !== null),
    );
    this.#live.textContent = `${words.figure}. ${words.sentence}`;
  }

  #drawChart(lens: Lens): void {
    const holder = this.#sections.chart;
    const { lang } = this.state;
    const width = Math.max(240, (holder.parentElement?.clientWidth ?? 300) - 34);
    const caption = this.#chart.draw(this.model, lens, this.state, width);
    holder.hidden = caption === "";
    holder.replaceChildren(el("h2", { class: "unseen" }, say(lang, "chart")), this.#chart.element, el("p", { class: "small" }, caption));
  }

  #drawMatrix(lens: Lens): void {
    const { lang } = this.state;
    const holder = this.#sections.matrix;
    const large = () => {
      this.openSheet([el("h2", {}, say(lang, "matrix")), this.#largeMatrix.element, el("p", { class: "small" }, say(lang, "matrixNote"))], "matrix-sheet");
      const room = Math.min(window.innerWidth - 48, window.innerHeight - 130);
      this.#drawOneMatrix(this.#largeMatrix, lens, Math.max(room, 92 + 13 * this.model.n), true);
    };
    holder.replaceChildren(el("div", { class: "section-head" }, el("h2", {}, say(lang, "matrix")), el("button", { type: "button", class: "enlarge", onclick: large }, say(lang, "enlarge"))), this.#matrix.element, el("p", { class: "small" }, say(lang, "matrixNote")));
    this.#drawOneMatrix(this.#matrix, lens, Math.max(240, (holder.parentElement?.clientWidth ?? 300) - 34), false);
    if (this.dialog.open && this.dialog.classList.contains("matrix-sheet")) large();
    this.#markMatrices([null, null]);
  }

  #drawOneMatrix(matrix: Matrix, lens: Lens, width: number, full: boolean): void {
    const { lang } = this.state;
    const scale = scaleOf(this.model, lens, "pairs");
    const { gained, lost } = gainedLost(lens.measure);
    matrix.draw({
      order: this.atlas.order,
      names: this.atlas.cities.map((city) => (lang === "zh" ? shortName(city.name) : city.name_en)),
      ground: (from, to) => groundOf(this.model.pair(lens, from, to), scale, lens),
      full,
      width,
      label: `${say(lang, "matrix")}. ${say(lang, "matrixNote")}`,
      signs: { plus: gained, minus: lost },
    });
    matrix.mark(this.state.city, this.state.to, [null, null]);
  }

  #markMatrices(hovered: [number | null, number | null]): void {
    const { city, to } = this.state;
    this.#matrix.mark(city, to, hovered);
    if (this.dialog.open) this.#largeMatrix.mark(city, to, hovered);
  }

  #drawTable(lens: Lens): void {
    const { lang, city } = this.state;
    const holder = this.#sections.table;
    const { measure } = lens;
    holder.setAttribute("aria-label", say(lang, "table"));
    if (measure.shape === "value") {
      holder.hidden = true;
      return;
    }
    const title = `${measure.title[lang]}${choiceText(lens, lang)}`;
    const from = measure.shape === "pair" ? city : null;
    const summary = measure.shape === "pair" ? say(lang, measure.unit === "s" ? "median" : "sum") : measure.unit_words[lang];
    const caption = from === null ? say(lang, "caption", { measure: title, of: measure.shape === "pair" || measure.unit !== "s" ? summary : "" }).replace(/[:：]\s*$/, "") : say(lang, "captionFrom", { measure: title, city: cityName(this.atlas, from, lang) });
    const chosen = from === null ? city : this.state.to;
    this.#table.draw({ caption, evidence: evidenceButton(lang, () => this.openEvidence(lens)), ...tableRows(this.model, lens, this.state), chosen, sortLabel: (column) => say(lang, "sortBy", { column }) });
    if (!holder.childElementCount) holder.append(this.#table.element);
  }

  // ---- preview

  #previewAt(city: number | null, x: number, y: number): void {
    this.#previewCity(city);
    if (city === null) this.#hideTip();
    else this.#showTip(this.#cityTip(city), x, y);
  }

  #previewCity(city: number | null): void {
    this.map.preview(city);
    this.#before?.preview(city);
    this.#table.preview(city);
    this.#chart.preview(city);
    this.#markMatrices(this.state.city === null ? [city, null] : [null, city]);
  }

  #previewPair(from: number | null, to: number | null, x: number, y: number): void {
    this.map.preview(to);
    this.#table.preview(this.state.city === null ? from : to);
    this.#markMatrices([from, to]);
    const lens = this.lens();
    if (from === null || to === null || !lens) this.#hideTip();
    else this.#showTip([from === to ? cityName(this.atlas, from, this.state.lang) : `${cityName(this.atlas, from, this.state.lang)} → ${cityName(this.atlas, to, this.state.lang)}`, from === to ? [] : this.#tipLines(lens, (one) => describe(this.model.pair(one, from, to), one, this.state.lang))], x, y);
  }

  /** A line for each state that is compared. */
  #tipLines(lens: Lens, text: (one: Lens) => string): string[] {
    const { lang } = this.state;
    const lenses = lens.before ? [this.model.plain(lens, "before"), this.model.plain(lens)] : [lens];
    return [lens.measure.title[lang] + choiceText(lens, lang), ...lenses.map((one) => (one.now ? `${stateName(one.now, lang)}${lang === "zh" ? "：" : ": "}${text(one)}` : text(one)))];
  }

  #cityTip(city: number): [string, string[]] {
    const { lang, city: from } = this.state;
    const name = cityName(this.atlas, city, lang);
    if (this.#isZone) {
      const time = this.#zoneResult?.times[city] ?? Infinity;
      return [name, [Number.isFinite(time) ? `${Math.round(time / 60)} ${lang === "zh" ? "分钟" : "min"}` : say(lang, "notReached", { time: `${this.atlas.isochrones!.cutoffs_min[1]} ${lang === "zh" ? "分钟" : "min"}` })]];
    }
    const lens = this.lens();
    if (!lens || lens.measure.shape === "value") return [name, []];
    const pair = lens.measure.shape === "pair" && from !== null && from !== city;
    const title = pair ? `${cityName(this.atlas, from!, lang)} → ${name}` : name;
    return [title, this.#tipLines(lens, (one) => describe(cityReading(this.model, one, pair ? from : null, city), one, lang, pair ? "pair" : "city"))];
  }

  #showTip([title, lines]: [string, string[]], x: number, y: number): void {
    this.#tip.replaceChildren(el("strong", {}, title), ...lines.map((line) => el("span", {}, line)));
    this.#tip.hidden = false;
    const box = this.#tip.getBoundingClientRect();
    this.#tip.style.left = `${Math.max(4, Math.min(x + 14, window.innerWidth - box.width - 8))}px`;
    this.#tip.style.top = `${y + 18 + box.height > window.innerHeight ? y - box.height - 12 : y + 18}px`;
  }

  #hideTip(): void {
    this.#tip.hidden = true;
  }
}
