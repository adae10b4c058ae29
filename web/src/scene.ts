/** From readings to what the map, the matrix and the table show. */
import { PAPER } from "./colours";
import type { Atlas } from "./contract";
import { flowFeatures, flowsOf } from "./flows";
import { formatBrief, formatBriefChange, formatCount, formatDifference, formatPeople, formatSigned, formatTime, shortName, formatUnit } from "./format";
import type { Ground, Scene } from "./map_features";
import { EMPTY } from "./map_style";
import { isChange, isTime, type Lens, type Model, type Reading } from "./model";
import { classOf, gainedLost, scaleFor, type Scale } from "./scale";
import type { Lang, State } from "./state";
import type { Column, Row } from "./table";
import { changeShort, say, stateName } from "./words";
import { reaches, zoneFeatures, type Zone, type ZoneResult } from "./zone";

/** Radius of the largest circle, px at the zoom of the whole region. */
const LARGEST = 34;

export function scaleOf(model: Model, lens: Lens, of: "pairs" | "cities"): Scale {
  return scaleFor(model.values(lens, of), lens.measure, lens.difference || isChange(lens.measure));
}

export function groundOf(reading: Reading, scale: Scale, lens: Lens): Ground {
  const { gained, lost } = gainedLost(lens.measure);
  if (reading.kind === "value") return { fill: scale.colours[classOf(reading.value, scale)]!, pattern: "" };
  if (reading.kind === "gained") return { fill: gained, pattern: "plus" };
  if (reading.kind === "lost") return { fill: lost, pattern: "minus" };
  if (reading.kind === "none") return { fill: "#f4f1ea", pattern: "dots" };
  return { fill: reading.kind === "self" ? "#ffffff" : "#fbfaf7", pattern: reading.kind === "self" ? "" : "hatch" };
}

/** What a city shows: from the chosen city, or of its own. */
export function cityReading(model: Model, lens: Lens, from: number | null, city: number): Reading {
  return lens.measure.shape === "pair" && from !== null ? model.pair(lens, from, city) : model.city(lens, city);
}

export interface Drawn {
  scene: Scene;
  scale: Scale;
  flows: number;
  change: boolean;
}

export function drawScene(model: Model, lens: Lens, state: State): Drawn {
  const { atlas } = model;
  const { city, to, lang } = state;
  const { measure } = lens;
  const value = measure.shape === "value";
  const from = measure.shape === "pair" ? city : null;
  const scale = value ? { breaks: [], colours: [] } : scaleOf(model, lens, from === null ? "cities" : "pairs");
  const readings: Reading[] = atlas.cities.map((_, at) => (value ? { kind: "self" } : cityReading(model, lens, from, at)));
  const flows = measure.shape === "pair" && state.flows ? flowsOf(model, lens, city, state.top) : [];
  const amounts = measure.draw === "circles" ? circleSizes(readings, model.values(lens, "cities")) : null;
  const timed = lens.now?.timetable ? lens.now : [...atlas.states].reverse().find((one) => one.kind === "year" && one.timetable);
  const change = (lens.difference || measure.change) && timed === lens.now && (lens.now?.line_change.length ?? 0) > 0 && (measure.change || lens.now?.before === lens.before?.id);
  const shown = value && timed?.kind === "year" && measure.question === "metro" ? ([...atlas.states].find((one) => one.kind === "scenario") ?? timed) : timed;
  return {
    scene: {
      lines: { state: shown?.id ?? "", change },
      dim: flows.length > 0,
      grounds: readings.map((reading) => (value ? { fill: PAPER, pattern: "" } : groundOf(reading, scale, lens))),
      values: readings.map((reading) => (value ? "" : markText(reading, lens, lang))),
      amounts,
      flows: flows.length ? flowFeatures(model, lens, flows) : EMPTY,
      zone: null,
      zones: measure.shape === "zone" ? atlas.cities : null,
      city,
      to,
    },
    scale,
    flows: flows.length,
    change,
  };
}

export function drawZone(atlas: Atlas, zone: Zone, result: ZoneResult | null, state: State, linesOf: string, sheet: [number, number, number, number]): Scene {
  const mark = (at: number) => {
    const [now, before] = [result?.times[at] ?? Infinity, result?.timesBefore?.[at]];
    if (before === undefined) return Number.isFinite(now) ? formatCount(Math.round(now / 60), state.lang) : "";
    if (!Number.isFinite(now) || !Number.isFinite(before)) return Number.isFinite(now) ? "+" : Number.isFinite(before) ? "\u2212" : "";
    return formatBriefChange(Math.round(now / 60) * 60 - Math.round(before / 60) * 60, "s", state.lang);
  };
  return {
    lines: { state: linesOf, change: false },
    dim: true,
    grounds: atlas.cities.map(() => ({ fill: "#fbfaf7", pattern: "" })),
    values: atlas.cities.map((_, at) => mark(at)),
    amounts: null,
    flows: EMPTY,
    zone: {
      outlines: zoneFeatures(result?.parts ?? []),
      sea: zone.land.sea(sheet),
      inside: atlas.cities.map((_, at) => result !== null && reaches(atlas, result, at)),
    },
    zones: null,
    city: state.city,
    to: null,
  };
}

function circleSizes(readings: Reading[], all: number[]): number[] {
  const most = Math.max(...all.map(Math.abs), 1e-12);
  return readings.map((reading) => (reading.kind === "value" ? Math.max(1.5, LARGEST * Math.sqrt(Math.abs(reading.value) / most)) : 0));
}

/** Shortest form for the map: minutes or amounts; the legend names the unit. */
function markText(reading: Reading, lens: Lens, lang: Lang): string {
  if (reading.kind === "value") return lens.difference ? formatBriefChange(reading.value, lens.measure.unit, lang) : isChange(lens.measure) ? formatSigned(reading.value, lens.measure.unit, lang) : formatBrief(reading.value, lens.measure.unit, lang);
  return { none: "–", nodata: "?", gained: "+", lost: "\u2212", self: "" }[reading.kind];
}

/** Columns and rows of the table twin: a column a state, and the difference of those that are compared. */
export function tableRows(model: Model, lens: Lens, state: State): { columns: Column[]; rows: Row[] } {
  const { lang, city } = state;
  const { atlas } = model;
  const from = lens.measure.shape === "pair" ? city : null;
  const plain = model.plain(lens);
  const lenses: Lens[] = lens.before ? [model.plain(lens, "before"), plain, { ...lens, difference: true }] : [plain];
  const zones = lens.measure.shape === "zone";
  const columns: Column[] = [{ key: "city", title: say(lang, zones ? "zone" : "city"), numeric: false }];
  for (const each of lenses) {
    const title = each.difference ? say(lang, "change") : each.now ? stateName(each.now, lang) : lens.measure.title[lang];
    columns.push({ key: each.difference ? "difference" : (each.now?.id ?? "always"), title, numeric: true });
  }
  if (zones) columns.push({ key: "people", title: say(lang, "peopleColumn"), numeric: true });
  const rows = atlas.cities
    .map((_, at) => at)
    .filter((at) => at !== from)
    .map((at): Row => {
      const one = atlas.cities[at]!;
      const name = lang === "zh" ? shortName(one.name) : one.name_en;
      const cells: Row["cells"] = [{ text: name, order: name, note: lang === "zh" ? "" : shortName(one.name) }];
      for (const each of lenses) {
        const reading = cityReading(model, each, from, at);
        const status = each.difference ? null : model.status(each, at);
        // a whole column that rests on assumptions says so once, in its heading and sheet
        const doubt = status && status !== "confirmed" && status !== "modelled" && model.held(each)?.flags ? say(lang, `status_${status}`) : "";
        cells.push({ text: cellText(reading, each, lang, from === null ? "city" : "pair"), order: orderOf(reading), ...(doubt ? { doubt } : {}) });
      }
      if (zones) cells.push({ text: formatPeople(one.population ?? NaN, lang), order: one.population ?? NaN });
      return { city: at, cells };
    });
  return { columns, rows };
}

function cellText(reading: Reading, lens: Lens, lang: Lang, of: "pair" | "city"): string {
  const { unit } = lens.measure;
  if (reading.kind === "value") {
    if (isTime(lens.measure)) return lens.difference ? `${formatBriefChange(reading.value, unit, lang)}${lang === "zh" ? "分钟" : " min"}` : formatTime(reading.value, lang);
    if (!lens.difference && isChange(lens.measure)) return formatSigned(reading.value, unit, lang);
    if (unit === "share") return lens.difference ? formatDifference(reading.value, unit, lang) : formatUnit(reading.value, unit, lang);
    return lens.difference ? formatBriefChange(reading.value, unit, lang) : formatBrief(reading.value, unit, lang);
  }
  return { none: "–", nodata: say(lang, "nodata"), gained: changeShort("gained", lens.measure, lang, of), lost: changeShort("lost", lens.measure, lang, of), self: "" }[reading.kind];
}

/** What a cell sorts by: values first, then what is not reachable, then what is not known. */
export function orderOf(reading: Reading): number {
  if (reading.kind === "value") return reading.value;
  return { none: Infinity, gained: -Infinity, lost: Infinity, nodata: NaN, self: NaN }[reading.kind];
}
