/** The page: one state, and everything drawn from it. */
import type { Atlas, Outlines, Reach } from "./contract";
import { el, patterns } from "./dom";
import { shortName, formatTime, formatCount } from "./format";
import { describe, headline } from "./headline";
import { legend, reachLegend } from "./legend";
import { AtlasMap, PAPER, type Ground } from "./map";
import { Matrix } from "./matrix";
import { Model, type Reading } from "./model";
import { cityMark, cutoffAt, isInside, loadOutlines, formatMinutes, outlineFeatures, reachHeadline } from "./reach";
import { reachSection, reachSwitch } from "./reach_panel";
import { GAINED, LOST, classOf, scaleFor, type Scale } from "./scale";
import { MEASURES, cutoffs, defaultState, formatHash, parseHash, type State, type When } from "./state";
import { Table, type Column, type Row } from "./table";
import { cityName, say, timetableName } from "./words";

const WIDE = "(min-width: 760px)";

export class Page {
  readonly model: Model;
  readonly atlas: Atlas;
  readonly map: AtlasMap;
  state: State;
  readonly #header = el("header", { class: "bar" });
  readonly #headline = el("section", { class: "headline" });
  readonly #reachSwitch = el("div", { class: "reach-switch" });
  readonly #reachHolder = el("section", { class: "reach-section", hidden: true });
  readonly #legend = el("section", { class: "legend" });
  readonly #matrixHolder = el("section", { class: "matrix-section" });
  readonly #tableHolder = el("section", { class: "table-section", id: "table", tabindex: "-1" });
  readonly #tip = el("div", { class: "tip", role: "presentation", hidden: true });
  readonly #live = el("p", { class: "unseen", "aria-live": "polite" });
  readonly #skip = el("a", { class: "skip", href: "#table" });
  readonly #mapBox: HTMLElement;
  readonly #signs = el("div", { class: "signs", "aria-hidden": "true" });
  readonly #dialog = el("dialog", { class: "sheet" });
  readonly #matrix: Matrix;
  readonly #largeMatrix: Matrix;
  readonly #table: Table;
  readonly #wide = window.matchMedia(WIDE);
  #outlines: Outlines | null = null;
  #outlinesMissing = false;
  #lastCutoff: number;
  /** Whether the map looks at the reach of the station rather than at the whole region. */
  #near = false;

  constructor(atlas: Atlas, root: HTMLElement) {
    this.atlas = atlas;
    this.model = new Model(atlas);
    const lang = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
    this.state = parseHash(location.hash, atlas, defaultState(atlas, lang));
    const choices = cutoffs(atlas);
    this.#lastCutoff = this.state.reach ?? choices[choices.length >> 1] ?? 0;
    const matrixHandlers = {
      hover: (from: number | null, to: number | null, x: number, y: number) => this.#previewPair(from, to, x, y),
      click: (from: number, to: number) => this.commit({ city: from, to: from === to ? null : to }),
    };
    this.#matrix = new Matrix(matrixHandlers);
    this.#largeMatrix = new Matrix(matrixHandlers);
    this.#table = new Table({ hover: (city) => this.#previewCity(city), click: (city) => this.#clickRow(city) });
    this.#mapBox = el("div", { class: "map" });
    const panel = el("aside", { class: "panel" }, this.#reachHolder, this.#headline, this.#matrixHolder, this.#tableHolder);
    const zoom = el("div", { class: "zoom" });
    const stage = el("main", { class: "stage" }, el("div", { class: "map-frame" }, this.#mapBox, zoom, atlas.reach ? this.#reachSwitch : null), this.#legend, panel);
    root.replaceChildren(this.#skip, this.#header, stage, this.#tip, this.#live, this.#signs, this.#dialog);
    this.#skip.addEventListener("click", (event) => {
      event.preventDefault();
      this.#tableHolder.focus();
      this.#tableHolder.scrollIntoView();
    });
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map = new AtlasMap(
      this.#mapBox,
      atlas,
      {
        hover: (city, x, y) => this.#previewOnMap(city, x, y),
        click: (city, asDestination) => {
          this.commit(asDestination && this.state.city !== null && city !== this.state.city ? { to: city } : { city, to: null });
          // the answer stands at the top; the panel may still be scrolled to the table
          panel.scrollTop = 0;
        },
      },
      this.#wide.matches,
      still,
    );
    for (const [word, sign, step] of [["zoomIn", "+", 1], ["zoomOut", "\u2212", -1]] as const) {
      zoom.append(el("button", { type: "button", "data-word": word, onclick: () => this.map.libre.zoomTo(this.map.libre.getZoom() + step, { animate: !still, duration: 250 }) }, sign));
    }
    window.addEventListener("hashchange", () => {
      const next = parseHash(location.hash, this.atlas, this.state);
      if (formatHash(next, this.atlas) !== formatHash(this.state, this.atlas)) this.#show(next);
    });
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.#dialog.open) this.commit({ city: null, to: null });
    });
    this.#wide.addEventListener("change", (event) => {
      this.map.libre.resize();
      this.map.refit(event.matches);
      this.#drawMatrix();
    });
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      // a phone that is turned; its height alone changes whenever the address bar hides
      if (window.innerWidth === width) return;
      width = window.innerWidth;
      this.#drawMatrix();
    });
    this.#dialog.addEventListener("close", () => {
      this.#hideTip();
      root.append(this.#tip);
    });
    history.replaceState(null, "", formatHash(this.state, atlas));
    this.#show(this.state);
    // on a narrow map the switch, which was empty until now, would lie over cities
    if (atlas.reach && !this.#near && !this.#wide.matches) this.map.refit(false);
  }

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

  #clickRow(city: number): void {
    if (this.state.city === null) this.commit({ city, to: null });
    else if (city !== this.state.city) this.commit({ to: this.state.to === city ? null : city });
  }

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
    this.#drawSigns();
    this.#drawHeader();
    this.#drawHeadline();
    this.#drawReach();
    this.#drawMap();
    this.#drawMatrix();
    this.#drawTable();
  }

  // ---- header

  #drawHeader(): void {
    const { lang, measure, year } = this.state;
    const focused = document.activeElement instanceof HTMLInputElement ? document.activeElement.id : "";
    const radios = (name: string, legendText: string, options: [string, string][], value: string, pick: (value: string) => void) =>
      el(
        "fieldset",
        { class: `switch ${name}` },
        el("legend", { class: "unseen" }, legendText),
        ...options.flatMap(([key, text]) => {
          const id = `${name}-${key}`;
          const input = el("input", { type: "radio", name, id, value: key, checked: key === value, onchange: () => pick(key) });
          return [input, el("label", { for: id }, text)];
        }),
      );
    const years: [string, string][] = this.atlas.years.map((one) => [String(one), String(one)]);
    if (years.length > 1) years.push(["difference", say(lang, "difference")]);
    const { en, zh } = this.atlas.title;
    this.#header.replaceChildren(
      el("h1", {}, el("span", { class: "brand" }, "megaregion"), el("span", { class: "region" }, lang === "zh" ? zh : en), en === zh ? null : el("span", { class: "region-other" }, lang === "zh" ? en : zh)),
      el("span", { class: "question" }, say(lang, "question")),
      radios("measure", say(lang, "measure"), MEASURES.map((name) => [name, say(lang, name)]), measure, (name) => this.commit({ measure: name as State["measure"] })),
      radios("year", say(lang, "year"), years, String(year), (value) => this.commit({ year: value === "difference" ? "difference" : Number(value) })),
      el("button", { type: "button", class: "lang", lang: lang === "zh" ? "en" : "zh-CN", "aria-label": say(lang, "languageLabel"), onclick: () => this.commit({ lang: lang === "zh" ? "en" : "zh" }) }, say(lang, "language")),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  // ---- headline

  #drawHeadline(): void {
    const { lang, city, to, year } = this.state;
    const words = headline(this.model, this.state);
    const buttons: HTMLElement[] = [];
    if (city !== null && to !== null) buttons.push(el("button", { type: "button", class: "reverse", onclick: () => this.commit({ city: to, to: city }) }, `⇄ ${say(lang, "reverse")}`));
    if (city !== null) buttons.push(el("button", { type: "button", class: "clear", onclick: () => this.commit({ city: null, to: null }) }, `✕ ${say(lang, "clear")}`));
    const named = this.atlas.years
      .filter((one) => year === "difference" || one === year)
      .map((one) => timetableName(this.atlas.by_year[String(one)]!.feeds, one, lang))
      .join(year === "difference" ? " → " : "");
    this.#headline.replaceChildren(
      ...[
        this.atlas.illustrative ? el("p", { class: "warning" }, say(lang, "illustrative")) : null,
        el("p", { class: "figure" }, words.figure),
        el("p", { class: "of" }, words.of),
        words.then ? el("p", { class: "then" }, words.then) : null,
        el("p", { class: "sentence" }, words.sentence),
        el("p", { class: "small" }, named),
        city === null ? el("p", { class: "small" }, say(lang, "pick")) : el("p", { class: "buttons" }, ...buttons),
      ].filter((part): part is HTMLParagraphElement => part !== null),
    );
    this.#live.textContent = `${words.figure}. ${words.sentence}`;
  }

  // ---- reach of a station

  #drawReach(): void {
    const { reach } = this.atlas;
    const { reach: minutes, city } = this.state;
    if (!reach) return;
    const focused = document.activeElement?.id ?? "";
    const pick = (chosen: number | null) => this.commit({ reach: chosen });
    if (minutes !== null) this.#lastCutoff = minutes;
    this.#reachSwitch.replaceChildren(...reachSwitch(this.atlas, reach, this.state, this.#lastCutoff, pick));
    if (this.#near !== (minutes !== null)) {
      this.#near = minutes !== null;
      this.map.look(this.#near ? reach.bounds : null, this.#wide.matches);
    }
    this.#reachHolder.hidden = minutes === null;
    // one question at a time, unless a city is chosen as well
    this.#headline.hidden = minutes !== null && city === null;
    this.#reachHolder.replaceChildren(...(minutes === null ? [] : reachSection(this.atlas, reach, this.state, minutes, pick)));
    if (focused.startsWith("reach-")) document.getElementById(focused)?.focus();
    if (minutes === null) return;
    const words = reachHeadline(this.atlas, reach, this.state, minutes);
    if (city === null) this.#live.textContent = `${words.figure} ${words.of}. ${words.sentence}`;
    if (!this.#outlines) void this.#load(reach);
  }

  async #load(reach: Reach): Promise<void> {
    try {
      this.#outlines = await loadOutlines(reach);
      this.#outlinesMissing = false;
    } catch {
      this.#outlinesMissing = true;
    }
    this.#drawMap();
  }

  #drawReachMap(reach: Reach, minutes: number): void {
    const { year, lang, city, to } = this.state;
    const at = cutoffAt(reach, minutes);
    const shown = year === "difference" ? this.model.last : year;
    this.map.draw({
      year,
      grounds: this.atlas.cities.map(() => ({ fill: PAPER, pattern: "" })),
      values: this.atlas.cities.map((_, position) => cityMark(reach, year, at, position)),
      city,
      to,
      reach: {
        outlines: this.#outlines ? outlineFeatures(this.atlas, this.#outlines, year, at) : { type: "FeatureCollection", features: [] },
        inside: this.atlas.cities.map((_, position) => isInside(reach, shown, at, position)),
      },
    });
    const problem = this.#outlines ? "" : say(lang, this.#outlinesMissing ? "reachMissing" : "reachLoading", { file: reach.file });
    this.#legend.replaceChildren(...reachLegend(this.atlas, reach, this.state, minutes, problem));
  }

  // ---- map and legend

  #scale(of: "pairs" | "cities"): Scale {
    const { year, measure } = this.state;
    return scaleFor(this.model.values(year, measure, of), measure, year);
  }

  #ground(reading: Reading, scale: Scale): Ground {
    const kind = this.state.measure === "trains" ? "trains" : "time";
    if (reading.kind === "value") return { fill: scale.colours[classOf(reading.value, scale)]!, pattern: "" };
    if (reading.kind === "gained") return { fill: GAINED[kind], pattern: "plus" };
    if (reading.kind === "lost") return { fill: LOST[kind], pattern: "minus" };
    if (reading.kind === "none") return { fill: "#f4f1ea", pattern: "dots" };
    return { fill: reading.kind === "self" ? "#ffffff" : "#fbfaf7", pattern: reading.kind === "self" ? "" : "hatch" };
  }

  #reading(city: number): Reading {
    const { year, measure, city: from } = this.state;
    return from === null ? this.model.city(year, measure, city) : this.model.pair(year, measure, from, city);
  }

  #drawMap(): void {
    const { city, to, year, measure, reach } = this.state;
    if (reach !== null && this.atlas.reach) {
      this.#drawReachMap(this.atlas.reach, reach);
      return;
    }
    const scale = this.#scale(city === null ? "cities" : "pairs");
    const readings = this.atlas.cities.map((_, at) => this.#reading(at));
    this.map.draw({
      year,
      grounds: readings.map((reading) => this.#ground(reading, scale)),
      values: readings.map((reading) => this.#mapValue(reading, year, measure)),
      city,
      to,
      reach: null,
    });
    this.#legend.replaceChildren(...legend({ atlas: this.atlas, state: this.state, scale }));
  }

  /** Shortest form for the map: minutes or trains; the legend names the unit. */
  #mapValue(reading: Reading, year: When, measure: State["measure"]): string {
    if (reading.kind === "value") return this.#brief(reading.value, year, measure);
    return { none: "–", nodata: "?", gained: "+", lost: "\u2212", self: "" }[reading.kind];
  }

  #brief(value: number, year: When, measure: State["measure"]): string {
    const whole = measure === "trains" ? value : Math.round(value / 60);
    const size = formatCount(Math.abs(whole), this.state.lang);
    return year === "difference" ? `${whole > 0 ? "+" : whole < 0 ? "\u2212" : "±"}${size}` : size;
  }

  #drawSigns(): void {
    const kind = this.state.measure === "trains" ? "trains" : "time";
    const holder = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    holder.append(patterns(GAINED[kind], LOST[kind]));
    this.#signs.replaceChildren(holder);
  }

  // ---- matrix

  #drawMatrix(): void {
    const { lang } = this.state;
    if (!this.#matrixHolder.childElementCount || this.#matrixHolder.dataset["lang"] !== lang) {
      this.#matrixHolder.dataset["lang"] = lang;
      this.#matrixHolder.replaceChildren(
        el("div", { class: "section-head" }, el("h2", {}, say(lang, "matrix")), el("button", { type: "button", class: "enlarge", onclick: () => this.#openMatrix() }, say(lang, "enlarge"))),
        this.#matrix.element,
        el("p", { class: "small" }, say(lang, "matrixNote")),
      );
    }
    this.#drawOneMatrix(this.#matrix, Math.max(240, this.#matrixHolder.clientWidth - 32), false);
    if (this.#dialog.open) this.#drawLargeMatrix();
    this.#markMatrices([null, null]);
  }

  #openMatrix(): void {
    const { lang } = this.state;
    this.#dialog.replaceChildren(
      el("div", { class: "section-head" }, el("h2", {}, say(lang, "matrix")), el("button", { type: "button", onclick: () => this.#dialog.close() }, say(lang, "close"))),
      this.#largeMatrix.element,
      el("p", { class: "small" }, say(lang, "matrixNote")),
    );
    this.#dialog.showModal();
    // the tip must lie in the dialog to show above it
    this.#dialog.append(this.#tip);
    this.#drawLargeMatrix();
    this.#markMatrices([null, null]);
  }

  #drawLargeMatrix(): void {
    const room = Math.min(window.innerWidth - 48, window.innerHeight - 130);
    this.#drawOneMatrix(this.#largeMatrix, Math.max(room, 92 + 13 * this.model.n), true);
  }

  #drawOneMatrix(matrix: Matrix, width: number, full: boolean): void {
    const { lang, year, measure } = this.state;
    const scale = this.#scale("pairs");
    const kind = measure === "trains" ? "trains" : "time";
    matrix.draw({
      order: this.atlas.order,
      names: this.atlas.cities.map((city) => (lang === "zh" ? shortName(city.name) : city.name_en)),
      ground: (from, to) => this.#ground(this.model.pair(year, measure, from, to), scale),
      full,
      width,
      label: `${say(lang, "matrix")}. ${say(lang, "matrixNote")}`,
      signs: { plus: GAINED[kind], minus: LOST[kind] },
    });
  }

  #markMatrices(hovered: [number | null, number | null]): void {
    const { city, to } = this.state;
    this.#matrix.mark(city, to, hovered);
    if (this.#dialog.open) this.#largeMatrix.mark(city, to, hovered);
  }

  // ---- table

  #drawTable(): void {
    const { lang, measure, city } = this.state;
    const { atlas, model } = this;
    const whens: When[] = [...atlas.years, ...(atlas.years.length > 1 ? (["difference"] as const) : [])];
    const columns: Column[] = [{ key: "city", title: say(lang, "city"), numeric: false }];
    for (const when of whens) columns.push({ key: String(when), title: when === "difference" ? say(lang, "change") : String(when), numeric: true });
    const rows: Row[] = atlas.cities
      .map((_, at) => at)
      .filter((at) => at !== city)
      .map((at) => {
        const one = atlas.cities[at]!;
        const cells: Row["cells"] = [{ text: lang === "zh" ? shortName(one.name) : one.name_en, order: lang === "zh" ? shortName(one.name) : one.name_en, note: lang === "zh" ? "" : shortName(one.name) }];
        for (const when of whens) {
          const reading = city === null ? model.city(when, measure, at) : model.pair(when, measure, city, at);
          cells.push({ text: this.#tableText(reading, when), order: orderOf(reading) });
        }
        return { city: at, cells };
      });
    const summary = say(lang, measure === "trains" ? "sum" : "median");
    const caption =
      city === null
        ? `${say(lang, measure)}${lang === "zh" ? "：" : ": "}${summary}`
        : lang === "zh"
          ? `${say(lang, measure)}：从${cityName(atlas, city, lang)}出发`
          : `${say(lang, measure)} from ${cityName(atlas, city, lang)}`;
    this.#table.draw({ caption, columns, rows, chosen: city === null ? null : this.state.to, sortLabel: (column) => say(lang, "sortBy", { column }) });
    if (!this.#tableHolder.childElementCount) this.#tableHolder.append(this.#table.element);
    this.#tableHolder.setAttribute("aria-label", say(lang, "table"));
  }

  #tableText(reading: Reading, when: When): string {
    const { lang, measure } = this.state;
    if (reading.kind === "value" && measure !== "trains") {
      if (when !== "difference") return formatTime(reading.value, lang);
      return this.#brief(reading.value, when, measure) + (lang === "zh" ? " 分钟" : " min");
    }
    if (reading.kind === "value") return this.#brief(reading.value, when, measure);
    return { none: "–", nodata: say(lang, "nodata"), gained: lang === "zh" ? "新增" : "new", lost: lang === "zh" ? "取消" : "lost", self: "" }[reading.kind];
  }

  // ---- preview

  #previewOnMap(city: number | null, x: number, y: number): void {
    const box = this.#mapBox.getBoundingClientRect();
    this.#previewCity(city);
    if (city === null) this.#hideTip();
    else this.#showTip(this.#cityTip(city), box.left + x, box.top + y);
  }

  #previewCity(city: number | null): void {
    this.map.preview(city);
    this.#table.preview(city);
    this.#markMatrices(this.state.city === null ? [city, null] : [null, city]);
  }

  #previewPair(from: number | null, to: number | null, x: number, y: number): void {
    this.map.preview(to);
    this.#table.preview(this.state.city === null ? from : to);
    this.#markMatrices([from, to]);
    if (from === null || to === null) this.#hideTip();
    else this.#showTip(this.#pairTip(from, to), x, y);
  }

  #cityTip(city: number): [string, string[]] {
    const { lang, measure, city: from } = this.state;
    if (this.state.reach !== null && this.atlas.reach) return this.#reachTip(this.atlas.reach, this.state.reach, city);
    if (from !== null && from !== city) return this.#pairTip(from, city);
    const { first, last, atlas } = this.model;
    const lines = atlas.years.map((when) => `${when}: ${describe(this.model.city(when, measure, city), when, measure, lang, { first, last }, "city")}`);
    return [cityName(atlas, city, lang), [say(lang, measure === "trains" ? "sum" : "median"), ...lines]];
  }

  #reachTip(reach: Reach, minutes: number, city: number): [string, string[]] {
    const { lang } = this.state;
    const at = cutoffAt(reach, minutes);
    const time = formatMinutes(minutes, lang);
    return [cityName(this.atlas, city, lang), this.atlas.years.map((year) => say(lang, isInside(reach, year, at, city) ? "reachTip" : "reachTipNot", { year, time }))];
  }

  #pairTip(from: number, to: number): [string, string[]] {
    const { lang, measure } = this.state;
    const { first, last, atlas } = this.model;
    const title = `${cityName(atlas, from, lang)} → ${cityName(atlas, to, lang)}`;
    if (from === to) return [cityName(atlas, from, lang), []];
    const lines = atlas.years.map((when) => `${when}: ${describe(this.model.pair(when, measure, from, to), when, measure, lang, { first, last })}`);
    return [title, [say(lang, `${measure}_long`), ...lines]];
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

/** What a cell sorts by: values first, then what is not reachable, then what is not known. */
export function orderOf(reading: Reading): number {
  if (reading.kind === "value") return reading.value;
  return { none: Infinity, gained: -Infinity, lost: Infinity, nodata: NaN, self: NaN }[reading.kind];
}
