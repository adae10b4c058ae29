/** The sheet behind the figures of an isochrone: what they mean, how they were found, and the timetables they rest on. */
import type { Atlas, Input, RegionState, Status } from "./contract";
import { el } from "./dom";
import { formatClock, formatCount, formatMinutes } from "./format";
import type { Model } from "./model";
import { inputTable, list, statusMark, type Pair } from "./sheet";
import type { Lang, State } from "./state";
import { say, stateLong } from "./words";
import type { ZoneResult } from "./zone";
import { startText, zoneSay } from "./zone_words";

/** Worst first; the ways over the ground are a rule, so that no area is better than modelled. */
const DOUBT = ["illustrative", "unverified"] as const;

export interface ZoneEvidence {
  model: Model;
  state: State;
  result: ZoneResult;
  /** State that is swiped with it. */
  before: string | null;
  onLand: boolean;
}

export function zoneSheet({ model, state, result, before, onLand }: ZoneEvidence): HTMLElement[] {
  const { atlas } = model;
  const { lang } = state;
  const { ask, exact } = result;
  const { definition, ground, window_s } = atlas.isochrones!;
  const limit = formatMinutes(Math.round(ground.max_time_s / 60), lang);
  const asked: Pair[] = [
    [say(lang, "formula"), definition[lang]],
    [zoneSay(lang, "start"), startText(atlas, state)],
    [say(lang, "cutoff"), formatMinutes(ask.cutoff, lang)],
    [zoneSay(lang, "departures"), `${window_s.map(formatClock).join("–")}${lang === "zh" ? "，" : ", "}${zoneSay(lang, `which${ask.percentile}` as "which50")}`],
    [zoneSay(lang, "water"), zoneSay(lang, onLand ? "dry" : "wet")],
    [zoneSay(lang, "computed"), originText(atlas, result, lang)],
  ];
  const states = [ask.difference ? ask.before : before, ask.now].flatMap((id) => model.state(id) ?? []);
  const worst = DOUBT.find((status) => states.some((one) => one.feeds.some((feed) => feed.status === status))) ?? "modelled";
  const typical = states.some((one) => atlas.isochrones!.states.find((held) => held.key === one.id)?.typical_departures);
  const assumed = [`${zoneSay(lang, "onGround")}${lang === "zh" ? "：" : ": "}${ground[lang]} ≤ ${limit}`, ...(typical ? [zoneSay(lang, "typical")] : [])];
  asked.push([say(lang, "status"), statusMark(worst, lang)], [say(lang, "assumptions"), el("ul", { class: "inputs" }, ...assumed.map((one) => el("li", {}, one)))]);
  if (exact?.key) asked.push([say(lang, "key"), el("span", { class: "mono" }, exact.key)]);
  return [
    el("h2", {}, say(lang, "sheetOf", { title: say(lang, "isochroneOf", { place: startText(atlas, state), time: formatMinutes(ask.cutoff, lang) }) })),
    list(asked),
    ...states.flatMap((one) => timetable(atlas, one, lang)),
    el("h3", {}, say(lang, "isoPeople")),
    inputTable(atlas, peopleInputs(model), lang),
    ...(onLand ? [el("h3", {}, zoneSay(lang, "water")), inputTable(atlas, baseInputs(atlas), lang)] : []),
    list([[say(lang, "region"), `${atlas.region.name} ${atlas.region.version}`], [say(lang, "software"), `megaregion ${(atlas.software ?? "").slice(0, 30)}`]]),
  ];
}

/** By the page or by the server. */
export function originText(atlas: Atlas, { exact }: ZoneResult, lang: Lang): string {
  return exact ? zoneSay(lang, "served") : zoneSay(lang, "drawn", { share: Math.round(atlas.isochrones!.tolerance * 100) });
}

function timetable(atlas: Atlas, state: RegionState, lang: Lang): HTMLElement[] {
  const known = atlas.isochrones!.states.find((one) => one.key === state.id);
  const rows: Pair[] = [];
  if (known) rows.push([zoneSay(lang, "serviceDay"), known.date], [zoneSay(lang, "journeys"), formatCount(known.journeys, lang)]);
  const inputs = state.feeds.map((feed): Input => ({
    table: feed.name ?? feed.feed_id,
    ...(feed.source_id ? { source_id: feed.source_id } : {}),
    year: state.year,
    ...(feed.first_date ? { vintage: [feed.first_date, feed.last_date].filter(Boolean).join("–") } : {}),
    ...(feed.status ? { status: feed.status as Status } : {}),
  }));
  return [el("h3", {}, stateLong(state, null, lang)), list(rows), inputTable(atlas, inputs, lang)];
}

/** What the measure of people within reach rests on: the census behind the column of people. */
function peopleInputs(model: Model): Input[] {
  const found = model.measure("people_within")?.values ?? {};
  const states = Object.values(found).flatMap((held) => Object.values(held));
  // each city has its people of one year
  const years = new Set(model.atlas.cities.map((city) => city.population_year));
  return states.map((held) => held.inputs.filter((input) => input.table === "city_facts" && years.has(input.year ?? null))).find((inputs) => inputs.length) ?? [];
}

function baseInputs(atlas: Atlas): Input[] {
  const ids = [...new Set(atlas.base.filter((one) => one.layer === "land" || one.layer === "water").flatMap((one) => one.source_id ?? []))];
  return ids.map((source_id) => ({ table: "base_map", source_id }));
}

