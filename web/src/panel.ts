/** The panel: measures, headline, claims, profile, chart, matrix and table of what the page looks at. */
import { Chart } from "./chart";
import { claimsSection } from "./claims";
import type { Claim } from "./contract";
import { el } from "./dom";
import { seen } from "./gains";
import { formatMinutes, shortName } from "./format";
import { radios } from "./header";
import { choiceText, headline } from "./headline";
import { evidenceButton } from "./legend";
import { Matrix } from "./matrix";
import { summaryOf, type Lens, type Model } from "./model";
import { profileSection } from "./profile";
import { gainedLost } from "./scale";
import { groundOf, scaleOf, tableRows } from "./scene";
import { claimSheet, statusMark } from "./sheet";
import { ISOCHRONE, STORY, questionsOf, type State } from "./state";
import { stateTable } from "./state_table";
import { Table } from "./table";
import { cityName, say, stateLong } from "./words";

/** Headlines of more characters are set smaller, so that they stay on one line. */
const LONG_FIGURE = 15;

export interface PanelHost {
  readonly model: Model;
  readonly state: State;
  readonly isZone: boolean;
  readonly dialog: HTMLDialogElement;
  /** Section of the isochrones, below the measures. */
  readonly zone: HTMLElement;
  lens(): Lens | null;
  commit(change: Partial<State>): void;
  openEvidence(lens: Lens): void;
  openSheet(parts: HTMLElement[], kind?: string): void;
  said(text: string): void;
  previewAt(city: number | null, x: number, y: number): void;
  previewCity(city: number | null): void;
  previewPair(from: number | null, to: number | null, x: number, y: number): void;
  clickRow(city: number): void;
}

export class Panel {
  readonly element: HTMLElement;
  readonly #sections = {
    measures: el("section", { class: "measures" }),
    headline: el("section", { class: "headline" }),
    claims: el("section", { class: "claims-section" }),
    profile: el("section", { class: "profile-section" }),
    chart: el("section", { class: "chart-section" }),
    matrix: el("section", { class: "matrix-section" }),
    table: el("section", { class: "table-section", id: "table", tabindex: "-1" }),
  };
  readonly #host: PanelHost;
  readonly #chart: Chart;
  readonly #matrix: Matrix;
  readonly #largeMatrix: Matrix;
  readonly #table: Table;

  constructor(host: PanelHost) {
    this.#host = host;
    const matrixHandlers = {
      hover: (from: number | null, to: number | null, x: number, y: number) => host.previewPair(from, to, x, y),
      click: (from: number, to: number) => host.commit({ city: from, to: from === to ? null : to }),
    };
    this.#matrix = new Matrix(matrixHandlers);
    this.#largeMatrix = new Matrix(matrixHandlers);
    this.#chart = new Chart({ hover: (city, x, y) => host.previewAt(city, x, y), click: (city) => host.clickRow(city) });
    this.#table = new Table({ hover: (city) => host.previewCity(city), click: (city) => host.clickRow(city) });
    const { measures, ...rest } = this.#sections;
    this.element = el("aside", { class: "panel" }, measures, host.zone, ...Object.values(rest));
  }

  get table(): HTMLElement {
    return this.#sections.table;
  }

  get chartSvg(): SVGSVGElement | null {
    return this.#chart.svg;
  }

  /** Mark a city that is pointed at elsewhere, in the table and the chart. */
  preview(city: number | null): void {
    this.previewRow(city);
    this.#chart.preview(city);
  }

  previewRow(city: number | null): void {
    this.#table.preview(city);
  }

  draw(): void {
    const story = this.#host.state.question === STORY;
    const lens = this.#host.model.lens(this.#host.state);
    const { measures, claims, profile, chart, matrix, table, headline: top } = this.#sections;
    measures.hidden = story;
    claims.hidden = !story;
    this.#host.zone.hidden = !this.#host.isZone;
    top.hidden = story || this.#host.isZone;
    profile.hidden = story || this.#host.isZone || this.#host.state.city === null || this.#host.state.to !== null;
    chart.hidden = table.hidden = story || this.#host.isZone || !lens;
    matrix.hidden = story || this.#host.isZone || lens?.measure.shape !== "pair";
    if (story) this.#drawClaims();
    else this.#drawMeasures();
    if (!story && !this.#host.isZone) this.drawHeadline();
    if (!profile.hidden) profile.replaceChildren(...profileSection(this.#host.model, this.#host.state, this.#host.state.city!, (one) => this.#host.openEvidence(one)));
    profile.hidden ||= !profile.childElementCount;
    if (!chart.hidden && lens) this.#drawChart(lens);
    if (!matrix.hidden && lens) this.#drawMatrix(lens);
    if (!table.hidden && lens) this.#drawTable(lens);
  }

  #drawMeasures(): void {
    const { lang } = this.#host.state;
    const holder = this.#sections.measures;
    const focused = holder.contains(document.activeElement) ? document.activeElement!.id : "";
    const names = questionsOf(this.#host.model.atlas).find((one) => one.id === this.#host.state.question)?.measures ?? [];
    const title = (name: string) => (name === ISOCHRONE ? say(lang, "isochrone") : (this.#host.model.measure(name)?.title[lang] ?? name));
    const measure = this.#host.model.measure(this.#host.state.measure);
    const choice = measure?.choice && Object.keys(measure.values).length ? measure.choice : null;
    const chosen = measure && this.#host.state.choice in measure.values ? this.#host.state.choice : (measure?.default ?? "");
    holder.replaceChildren(
      radios("measure", say(lang, "measure"), names.map((name) => [name, title(name)]), this.#host.state.measure, (name) => this.#host.commit({ measure: name, choice: "" })),
      ...(choice ? [radios("choice", choice.about[lang], choice.values.map((value) => [String(value), choice.name === "minutes" ? formatMinutes(Number(value), lang) : String(value)]), chosen, (value) => this.#host.commit({ choice: value === measure!.default ? "" : value }))] : []),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  #drawClaims(): void {
    this.#sections.claims.replaceChildren(...claimsSection(this.#host.model.atlas, this.#host.state.lang, (claim: Claim) => this.#host.openSheet(claimSheet(this.#host.model.atlas, claim, this.#host.state.lang))));
  }

  drawHeadline(): void {
    const { lang, city, to } = this.#host.state;
    const holder = this.#sections.headline;
    const lens = this.#host.lens();
    const missing = this.#host.model.measure(this.#host.state.measure)?.needs;
    if (!lens) {
      const title = this.#host.model.measure(this.#host.state.measure)?.title[lang] ?? "";
      holder.replaceChildren(...(missing ? [el("h2", {}, say(lang, "needsTitle", { measure: title })), el("p", {}, say(lang, "needsWhat", { what: missing.what[lang] })), el("code", {}, missing[lang])] : []));
      return;
    }
    const words = headline(this.#host.model.of(lens), lens, seen(this.#host.state, lens));
    const pair = lens.measure.shape === "pair";
    const buttons: HTMLElement[] = [];
    if (pair && city !== null && to !== null) buttons.push(el("button", { type: "button", class: "reverse", onclick: () => this.#host.commit({ city: to, to: city }) }, `⇄ ${say(lang, "reverse")}`));
    if (city !== null) buttons.push(el("button", { type: "button", class: "clear", onclick: () => this.#host.commit({ city: null, to: null }) }, `✕ ${say(lang, "clear")}`));
    const named = [lens.difference ? lens.before : null, lens.now].filter((one) => one !== null).map((one) => stateLong(one, lens.measure, lang)).join(" → ");
    const doubtful = words.status !== null && words.status !== "confirmed";
    holder.replaceChildren(
      ...[
        this.#host.model.atlas.illustrative ? el("p", { class: "warning" }, say(lang, "illustrative")) : null,
        el("p", { class: words.figure.length > LONG_FIGURE ? "figure long" : "figure" }, el("span", { class: doubtful ? `doubtful ${words.status}` : "" }, words.figure), " ", evidenceButton(lang, () => this.#host.openEvidence(lens))),
        el("p", { class: "of" }, words.of),
        words.then ? el("p", { class: "then" }, words.then) : null,
        el("p", { class: "sentence" }, words.sentence),
        el("p", { class: "small" }, named, doubtful && named ? " · " : null, doubtful ? statusMark(words.status!, lang) : null),
        city === null ? (["value", "zone"].includes(lens.measure.shape) ? null : el("p", { class: "small" }, say(lang, "pick"))) : el("p", { class: "buttons" }, ...buttons),
      ].filter((part): part is HTMLParagraphElement => part !== null),
    );
    this.#host.said(`${words.figure}. ${words.sentence}`);
  }

  #drawChart(lens: Lens): void {
    const holder = this.#sections.chart;
    const { lang } = this.#host.state;
    const width = Math.max(240, (holder.parentElement?.clientWidth ?? 300) - 34);
    const caption = this.#chart.draw(this.#host.model.of(lens), lens, seen(this.#host.state, lens), width);
    holder.hidden = caption === "";
    holder.replaceChildren(el("h2", { class: "unseen" }, say(lang, "chart")), this.#chart.element, el("p", { class: "small" }, caption));
  }

  #drawMatrix(lens: Lens): void {
    const { lang } = this.#host.state;
    const holder = this.#sections.matrix;
    const large = () => {
      this.#host.openSheet([el("h2", {}, say(lang, "matrix")), this.#largeMatrix.element, el("p", { class: "small" }, say(lang, "matrixNote"))], "matrix-sheet");
      const room = Math.min(window.innerWidth - 48, window.innerHeight - 130);
      this.#drawOneMatrix(this.#largeMatrix, lens, Math.max(room, 92 + 13 * this.#host.model.n), true);
    };
    holder.replaceChildren(el("div", { class: "section-head" }, el("h2", {}, say(lang, "matrix")), el("button", { type: "button", class: "enlarge", onclick: large }, say(lang, "enlarge"))), this.#matrix.element, el("p", { class: "small" }, say(lang, "matrixNote")));
    this.#drawOneMatrix(this.#matrix, lens, Math.max(240, (holder.parentElement?.clientWidth ?? 300) - 34), false);
    if (this.#host.dialog.open && this.#host.dialog.classList.contains("matrix-sheet")) large();
    this.markMatrices([null, null]);
  }

  #drawOneMatrix(matrix: Matrix, lens: Lens, width: number, full: boolean): void {
    const { lang } = this.#host.state;
    const scale = scaleOf(this.#host.model, lens, "pairs");
    const { gained, lost } = gainedLost(lens.measure);
    matrix.draw({
      order: this.#host.model.atlas.order,
      names: this.#host.model.atlas.cities.map((city) => (lang === "zh" ? shortName(city.name) : city.name_en)),
      ground: (from, to) => groundOf(this.#host.model.pair(lens, from, to), scale, lens),
      full,
      width,
      label: `${say(lang, "matrix")}. ${say(lang, "matrixNote")}`,
      signs: { plus: gained, minus: lost },
    });
    matrix.mark(this.#host.state.city, this.#host.state.to, [null, null]);
  }

  markMatrices(hovered: [number | null, number | null]): void {
    const { city, to } = this.#host.state;
    this.#matrix.mark(city, to, hovered);
    if (this.#host.dialog.open) this.#largeMatrix.mark(city, to, hovered);
  }

  #drawTable(lens: Lens): void {
    const { lang, city } = this.#host.state;
    const holder = this.#sections.table;
    const { measure } = lens;
    holder.setAttribute("aria-label", say(lang, "table"));
    const evidence = evidenceButton(lang, () => this.#host.openEvidence(lens));
    if (measure.shape === "value") {
      holder.replaceChildren(stateTable(this.#host.model, lens, lang, evidence));
      return;
    }
    const title = `${measure.title[lang]}${choiceText(lens, lang)}`;
    const from = measure.shape === "pair" ? city : null;
    const summary = measure.shape === "pair" ? say(lang, summaryOf(measure)) : measure.unit_words[lang];
    const caption = from === null ? say(lang, "caption", { measure: title, of: measure.shape === "pair" || measure.unit !== "s" ? summary : "" }).replace(/[:：]\s*$/, "") : say(lang, "captionFrom", { measure: title, city: cityName(this.#host.model.atlas, from, lang) });
    const chosen = from === null ? city : this.#host.state.to;
    this.#table.draw({ caption, evidence, ...tableRows(this.#host.model.of(lens), lens, seen(this.#host.state, lens)), chosen: measure.shape === "zone" ? null : chosen, sortLabel: (column) => say(lang, "sortBy", { column }) });
    if (this.#table.element.parentElement !== holder || holder.childElementCount > 1) holder.replaceChildren(this.#table.element);
  }
}
