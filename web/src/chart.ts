/** One chart a view, drawn from the same readings as map and table; what is pointed at or chosen there is marked here. */
import * as Plot from "@observablehq/plot";
import { ACCENT, INK, WARNING } from "./colours";
import { el } from "./dom";
import { formatBrief, formatSigned } from "./format";
import { capital, choiceText, formatValue } from "./headline";
import type { Lens, Model, Reading } from "./model";
import { isChange, isTime } from "./model";
import { logTicks } from "./scale";
import type { Lang, State } from "./state";
import { cityName, say, stateName } from "./words";

export interface ChartHandlers {
  hover(city: number | null, x: number, y: number): void;
  click(city: number): void;
}

interface Point {
  city: number;
  name: string;
  x: number;
  y: number;
}

const RANKED = 15;

/** Values that differ by more than this factor stand on a logarithmic axis. */
const LOG_FROM = 12;

const STYLE = { fontSize: "12px", overflow: "visible", background: "transparent", fontFamily: "inherit" };

export class Chart {
  readonly element = el("div", { class: "chart" });
  readonly #handlers: ChartHandlers;
  #chosen: (number | null)[] = [];

  constructor(handlers: ChartHandlers) {
    this.#handlers = handlers;
    const at = (event: Event): number | null => {
      const mark = (event.target as Element).closest?.("[data-city]");
      return mark ? Number(mark.getAttribute("data-city")) : null;
    };
    this.element.addEventListener("pointermove", (event) => this.#handlers.hover(at(event), event.clientX, event.clientY));
    this.element.addEventListener("pointerleave", () => this.#handlers.hover(null, 0, 0));
    this.element.addEventListener("click", (event) => {
      const city = at(event);
      if (city !== null) this.#handlers.click(city);
    });
  }

  /** Caption of what was drawn; blank = there is nothing to draw. */
  draw(model: Model, lens: Lens, state: State, width: number): string {
    const { lang } = state;
    this.#chosen = [state.city, state.to];
    const { measure } = lens;
    const scaled = (value: number) => (isTime(measure) ? value / 60 : measure.unit === "share" ? value * 100 : value);
    const format = (value: number) => (isChange(measure) ? formatSigned : formatBrief)(isTime(measure) ? value * 60 : measure.unit === "share" ? value / 100 : value, measure.unit, lang);
    if (measure.shape === "value") return this.#bars(model, lens, lang, width);
    const from = measure.shape === "pair" ? state.city : null;
    const read = (one: Lens, city: number): Reading => (from === null ? model.city(one, city) : model.pair(one, from, city));
    const states = model.statesOf(measure).filter((one) => one.kind === "year");
    if (measure.shape === "city" && states.length > 2 && lens.now?.kind === "year") return this.#years(model, lens, lang, width, scaled, format);
    if (lens.before && lens.now) {
      const [before, now] = [model.plain(lens, "before"), model.plain(lens)];
      const points = model.atlas.cities.flatMap((_, city): Point[] => {
        const [x, y] = [read(before, city), read(now, city)];
        return x.kind === "value" && y.kind === "value" ? [{ city, name: cityName(model.atlas, city, lang), x: scaled(x.value), y: scaled(y.value) }] : [];
      });
      if (points.length > 4) return this.#scatter(lens, lang, width, points, format);
    }
    return this.#ranking(model, lens, lang, width, read, scaled, format);
  }

  /** Mark a city that is pointed at elsewhere. */
  preview(city: number | null): void {
    for (const mark of this.element.querySelectorAll("[data-city]")) mark.classList.toggle("hovered", mark.getAttribute("data-city") === String(city));
  }

  get svg(): SVGSVGElement | null {
    return this.element.querySelector("svg");
  }

  #scatter(lens: Lens, lang: Lang, width: number, points: Point[], format: (value: number) => string): string {
    const low = Math.min(...points.flatMap(({ x, y }) => [x, y]));
    const high = Math.max(...points.flatMap(({ x, y }) => [x, y]));
    const type = low > 0 && high / low > LOG_FROM ? "log" : "linear";
    const pad = type === "log" ? 1.08 : 1;
    const domain = type === "log" ? [low / pad, high * pad] : [Math.min(0, low), high * 1.04];
    const [before, after] = [stateName(lens.before!, lang), stateName(lens.now!, lang)];
    const named = points.filter((point) => this.#chosen.includes(point.city));
    const axis = (most: number) => ({ type, domain, tickFormat: format, ticks: type === "log" ? logTicks(domain[0]!, domain[1]!, most) : most, grid: true }) as const;
    const plot = Plot.plot({
      width,
      height: Math.round(width * 0.72),
      marginLeft: 52,
      marginBottom: 36,
      marginRight: 12,
      style: STYLE,
      x: { ...axis(4), label: `${before} →` },
      y: { ...axis(5), label: `↑ ${after}` },
      ariaLabel: say(lang, "chartScatter", { before, after }),
      marks: [
        Plot.line([[domain[0]!, domain[0]!], [domain[1]!, domain[1]!]], { stroke: "#7b8794", strokeDasharray: "4 3" }),
        Plot.dot(points, { x: "x", y: "y", r: 4.5, fill: (point: Point) => (this.#chosen.includes(point.city) ? WARNING : ACCENT), fillOpacity: 0.75, stroke: "#fff", strokeWidth: 0.7, sort: null }),
        Plot.text(named, { x: "x", y: "y", text: "name", dx: 8, textAnchor: "start", fontWeight: 600, stroke: "#fbfaf7", strokeWidth: 4, fill: INK }),
      ],
    });
    this.#mount(plot, "circle", points.map((point) => point.city));
    return say(lang, "chartScatter", { before, after });
  }

  #years(model: Model, lens: Lens, lang: Lang, width: number, scaled: (value: number) => number, format: (value: number) => string): string {
    const states = model.statesOf(lens.measure).filter((one) => one.kind === "year");
    const lines = model.atlas.cities.map((_, city) =>
      states.flatMap((now) => {
        const value = model.summary({ ...lens, now, difference: false }, city);
        return Number.isFinite(value) ? [{ city, name: cityName(model.atlas, city, lang), x: now.year, y: scaled(value) }] : [];
      }),
    );
    const drawn = lines.filter((line) => line.length > 1);
    const flat = drawn.flat();
    if (!flat.length) return "";
    const own = (city: number) => this.#chosen.includes(city);
    const ends = drawn.filter((line) => own(line[0]!.city)).map((line) => line[line.length - 1]!);
    const low = Math.min(...flat.map((point) => point.y));
    const high = Math.max(...flat.map((point) => point.y));
    const log = low > 0 && high / low > LOG_FROM;
    const plot = Plot.plot({
      width,
      height: Math.round(width * 0.66),
      marginLeft: 56,
      marginRight: 58,
      marginBottom: 28,
      style: STYLE,
      x: { label: null, ticks: states.map((one) => one.year), tickFormat: "d" },
      y: { type: log ? "log" : "linear", label: null, grid: true, ticks: log ? logTicks(low, high, 6) : 5, tickFormat: format },
      ariaLabel: say(lang, "chartYears"),
      marks: [
        lens.now ? Plot.ruleX([lens.now.year], { stroke: WARNING, strokeDasharray: "3 3" }) : null,
        Plot.line(flat, { x: "x", y: "y", z: "city", stroke: "#93a1ab", strokeWidth: 1.2 }),
        Plot.line(flat.filter((point) => own(point.city)), { x: "x", y: "y", z: "city", stroke: WARNING, strokeWidth: 2.4 }),
        Plot.text(ends, { x: "x", y: "y", text: "name", dx: 6, textAnchor: "start", fontWeight: 600 }),
      ],
    });
    // the first group of paths are the lines of all cities, in order
    const groups = plot.querySelectorAll('g[aria-label="line"]');
    const cities = drawn.map((line) => line[0]!.city);
    groups[0]?.querySelectorAll("path").forEach((path, at) => path.setAttribute("data-city", String(cities[at])));
    this.#mount(plot, "", []);
    return say(lang, "chartYears");
  }

  #ranking(model: Model, lens: Lens, lang: Lang, width: number, read: (lens: Lens, city: number) => Reading, scaled: (value: number) => number, format: (value: number) => string): string {
    const found = model.atlas.cities.flatMap((_, city) => {
      const one = read(lens, city);
      const band = lens.measure.shape === "city" ? model.band(lens, city) : null;
      return one.kind === "value" ? [{ city, name: cityName(model.atlas, city, lang), value: scaled(one.value), low: band && scaled(band[0]), high: band && scaled(band[1]) }] : [];
    });
    if (!found.length) {
      this.element.replaceChildren();
      return "";
    }
    found.sort((a, b) => (lens.measure.better === "less" ? a.value - b.value : b.value - a.value));
    const shown = found.slice(0, RANKED);
    for (const city of this.#chosen) {
      const own = found.find((one) => one.city === city);
      if (own && !shown.includes(own)) shown.push(own);
    }
    const longest = Math.max(...shown.map((one) => one.name.length));
    const plot = Plot.plot({
      width,
      height: 30 + 19 * shown.length,
      marginLeft: lang === "zh" ? Math.max(60, 13 * longest) : Math.max(96, 12 + 6.5 * longest),
      marginRight: 62,
      marginTop: 4,
      marginBottom: 8,
      style: STYLE,
      x: { axis: null },
      y: { domain: shown.map((one) => one.name), label: null, tickSize: 0 },
      ariaLabel: say(lang, "chartRank", { n: shown.length, of: found.length }),
      marks: [
        Plot.barX(shown, { x: "value", y: "name", fill: (one: { city: number }) => (this.#chosen.includes(one.city) ? WARNING : ACCENT), fillOpacity: 0.8, insetTop: 2, insetBottom: 2, sort: null }),
        Plot.ruleY(shown.filter((one) => one.low !== null), { x1: "low", x2: "high", y: "name", stroke: INK, strokeOpacity: 0.55, strokeWidth: 1.2 }),
        Plot.text(shown, { x: (one: { value: number; high: number | null }) => Math.max(one.value, one.high ?? 0, 0), y: "name", text: (one: { value: number }) => format(one.value), dx: 5, textAnchor: "start" }),
      ],
    });
    this.#mount(plot, "rect", shown.map((one) => one.city));
    return say(lang, "chartRank", { n: shown.length, of: found.length });
  }

  #bars(model: Model, lens: Lens, lang: Lang, width: number): string {
    const states = model.statesOf(lens.measure, true).filter((one) => one.kind !== "base" || lens.before?.id === one.id);
    const choice = lens.measure.change ? lens.measure.choice : null;
    const rows = choice
      ? model.choices(lens).map(([variant, value]) => ({ id: variant, name: choiceText({ ...lens, variant }, lang).replace(/[()（）]/g, "").trim(), value }))
      : states.flatMap((now) => {
          const one = model.region({ ...lens, now, difference: false });
          return one.kind === "value" ? [{ id: now.id, name: stateName(now, lang), value: one.value }] : [];
        });
    const own = choice ? lens.variant : lens.now?.id;
    if (rows.length < 2) {
      this.element.replaceChildren();
      return "";
    }
    const caption = choice ? `${capital(choice.about[lang])}${lang === "zh" ? "。" : "."}` : say(lang, "chartStates");
    const plot = Plot.plot({
      width,
      height: 16 + 30 * rows.length,
      marginLeft: choice ? 64 : 130,
      marginRight: choice ? 124 : 90,
      marginTop: 4,
      marginBottom: 4,
      style: STYLE,
      x: { axis: null },
      y: { domain: rows.map((row) => row.name), label: null, tickSize: 0 },
      ariaLabel: caption,
      marks: [
        Plot.barX(rows, { x: "value", y: "name", fill: (row: { id: string }) => (row.id === own ? WARNING : ACCENT), fillOpacity: 0.8, insetTop: 4, insetBottom: 4 }),
        Plot.text(rows, { x: "value", y: "name", text: (row: { value: number }) => formatValue(row.value, { ...lens, difference: false }, lang), dx: 6, textAnchor: "start" }),
      ],
    });
    this.#mount(plot, "", []);
    return caption;
  }

  #mount(plot: (SVGSVGElement | HTMLElement) & Plot.Plot, mark: string, cities: number[]): void {
    if (mark) plot.querySelectorAll(`g[aria-label] > ${mark}`).forEach((one, at) => cities[at] !== undefined && one.setAttribute("data-city", String(cities[at])));
    plot.setAttribute("role", "img");
    this.element.replaceChildren(plot);
  }
}
