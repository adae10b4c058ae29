/** What is looked at, and its twin in the URL hash. */
import type { Atlas, Question } from "./contract";
import { readLine, writeLine, type DrawnLine } from "./line";

export type Lang = "en" | "zh";
export type Compare = "none" | "difference" | "swipe";

/** Question of the evidence page, and the entry for isochrones among the measures of `REACH`. */
export const STORY = "story";
export const ISOCHRONE = "isochrone";
export const REACH = "reach";

export const TOP = { least: 5, most: 200, usual: 30 };
export const CUTOFF_STEP = 5;

export interface State {
  question: string;
  measure: string;
  /** Choice of a measure that has some, such as minutes. */
  choice: string;
  /** Id of the state that is wanted; a measure that lacks it shows the nearest. */
  state: string;
  compare: Compare;
  /** Where the swipe stands, per cent of the map from its left. */
  swipe: number;
  lang: Lang;
  /** Origin, a position in `cities`. */
  city: number | null;
  /** Destination; only together with `city`. */
  to: number | null;
  flows: boolean;
  /** How many flows are drawn. */
  top: number;
  /** Where isochrones begin: longitude, latitude; null = at the station of the atlas. */
  point: [number, number] | null;
  cutoff: number;
  percentile: number;
  /** Zoom, longitude and latitude of the map; null = the whole region. */
  view: [number, number, number] | null;
  /** Whether the editor of lines is open, and the line in it; it needs a server. */
  editing: boolean;
  line: DrawnLine | null;
}

/** Questions of the atlas with isochrones where they answer them, and that about claims where it has some. */
export function questionsOf(atlas: Atlas): Question[] {
  const asked = atlas.questions.map((question) => {
    if (!atlas.isochrones) return question;
    // what a scenario changes shows first on the land around its stations
    if (question.opens.state && atlas.isochrones.states.some((one) => one.key === question.opens.state)) {
      // unless it says how many people gain
      const gains = atlas.measures.some((one) => one.change && question.measures.includes(one.name));
      return { ...question, measures: gains ? [...question.measures, ISOCHRONE] : [ISOCHRONE, ...question.measures] };
    }
    return question.id === REACH ? { ...question, measures: [...question.measures, ISOCHRONE] } : question;
  });
  if (atlas.isochrones && !asked.some((question) => question.id === REACH)) {
    asked.push({ id: REACH, words: { en: "Who can be reached in time?", zh: "规定时间内可达多少城市与人口？" }, measures: [ISOCHRONE], opens: {} });
  }
  if (!atlas.claims.length) return asked;
  return [...asked, { id: STORY, words: { en: "Is the story true?", zh: "这些说法成立吗？" }, measures: [], opens: {} }];
}

/** Where a scenario is seen: the station of its new lines with most trains, among those that had none before. */
export function newStation(atlas: Atlas, id: string): [number, number] | null {
  const state = atlas.states.find((one) => one.id === id);
  if (!state) return null;
  const old = new Set(atlas.states.filter((one) => one.id === state.before || one.kind === "year").flatMap((one) => one.lines.flatMap(([from, to]) => [from, to])));
  const trains = new Map<number, number>();
  for (const [from, to, , before, after] of state.line_change) {
    if (before) continue;
    for (const station of [from, to]) trains.set(station, (trains.get(station) ?? 0) + after);
  }
  const fresh = [...trains].filter(([station]) => !old.has(station));
  const best = (fresh.length ? fresh : [...trains]).sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
  return best ? [atlas.stations[best[0]]![2], atlas.stations[best[0]]![3]] : null;
}

export function defaultState(atlas: Atlas, lang: Lang): State {
  const question = questionsOf(atlas)[0];
  const years = atlas.states.filter((state) => state.kind === "year");
  const last = years.filter((state) => state.timetable).pop() ?? years.pop() ?? atlas.states[0];
  return {
    question: question?.id ?? "",
    measure: question?.measures[0] ?? "",
    choice: "",
    state: last?.id ?? "",
    compare: "none",
    swipe: 50,
    lang,
    city: null,
    to: null,
    flows: false,
    top: TOP.usual,
    point: null,
    cutoff: 60,
    percentile: 50,
    view: null,
    editing: false,
    line: null,
  };
}

/** State of a question when it is opened: its first measure, and what it opens with. */
export function openQuestion(atlas: Atlas, id: string, state: State): State {
  const question = questionsOf(atlas).find((one) => one.id === id);
  if (!question) return state;
  const fresh = defaultState(atlas, state.lang);
  const measure = question.measures.includes(state.measure) && !question.opens.state ? state.measure : (question.measures[0] ?? state.measure);
  const kept = fresh.state === state.state || atlas.states.find((one) => one.id === state.state)?.kind === "year" ? state.state : fresh.state;
  const point = question.opens.state && measure === ISOCHRONE ? (state.point ?? newStation(atlas, question.opens.state)) : state.point;
  return { ...state, question: id, measure, point, choice: "", state: question.opens.state ?? kept, compare: (question.opens.compare as Compare | undefined) ?? "none", flows: false };
}

/** Read a hash; whatever it does not say, or says wrongly, is as in `fallback`. */
export function parseHash(hash: string, atlas: Atlas, fallback: State): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const questions = questionsOf(atlas);
  let state: State = { ...fallback, city: null, to: null, point: null, view: null };
  const measureGiven = given.get("measure");
  const question = questions.find((one) => one.id === given.get("q")) ?? questions.find((one) => measureGiven !== null && one.measures.includes(measureGiven));
  // an address without a state opens its question as the list of questions does
  const stated = atlas.states.find((one) => one.id === given.get("state") && one.kind !== "base");
  if (question && (!stated || question.id !== state.question)) state = openQuestion(atlas, question.id, state);
  if (stated) state = { ...state, state: stated.id, compare: "none", point: null };
  const asked = questions.find((one) => one.id === state.question);
  if (measureGiven !== null && (asked?.measures.includes(measureGiven) || state.question === STORY) && atlas.measures.some((one) => one.name === measureGiven)) state.measure = measureGiven;
  else if (measureGiven === ISOCHRONE && asked?.measures.includes(ISOCHRONE)) state.measure = ISOCHRONE;
  const measure = atlas.measures.find((one) => one.name === state.measure);
  const choice = given.get("choice");
  state.choice = choice !== null && measure && choice in measure.values ? choice : "";
  const compare = given.get("compare");
  if (compare === "difference" || compare === "swipe") state.compare = compare;
  const lang = given.get("lang");
  if (lang === "en" || lang === "zh") state.lang = lang;
  state.flows = given.get("flows") === "1";
  state.editing = given.get("draw") === "1";
  state.line = readLine(given, atlas);
  state.swipe = whole(given.get("swipe"), 0, 100) ?? 50;
  state.top = whole(given.get("top"), TOP.least, TOP.most) ?? TOP.usual;
  const [least, most] = atlas.isochrones?.cutoffs_min ?? [15, 180];
  state.cutoff = whole(given.get("cutoff"), least, most) ?? 60;
  const percentile = Number(given.get("p"));
  state.percentile = (atlas.isochrones?.percentiles ?? [50]).includes(percentile) ? percentile : 50;
  const point = numbers(given.get("point"), 2);
  if (point && onEarth(point[0]!, point[1]!)) state.point = [point[0]!, point[1]!];
  const view = numbers(given.get("map"), 3);
  if (view && view[0]! >= 0 && view[0]! <= 22 && onEarth(view[1]!, view[2]!)) state.view = [view[0]!, view[1]!, view[2]!];
  const position = (id: string | null) => {
    const found = id === null ? -1 : atlas.cities.findIndex((city) => city.id === id);
    return found < 0 ? null : found;
  };
  state.city = position(given.get("city"));
  const to = position(given.get("to"));
  if (state.city !== null && to !== null && to !== state.city) state.to = to;
  return state;
}

export function formatHash(state: State, atlas: Atlas): string {
  const written: [string, string | number][] = [["q", state.question], ["measure", state.measure], ["state", state.state], ["lang", state.lang]];
  if (state.choice) written.push(["choice", state.choice]);
  if (state.compare !== "none") written.push(["compare", state.compare]);
  if (state.compare === "swipe" && state.swipe !== 50) written.push(["swipe", state.swipe]);
  if (state.city !== null) written.push(["city", atlas.cities[state.city]!.id]);
  if (state.city !== null && state.to !== null) written.push(["to", atlas.cities[state.to]!.id]);
  if (state.flows) written.push(["flows", 1]);
  if (state.top !== TOP.usual) written.push(["top", state.top]);
  if (state.point) written.push(["point", state.point.map((value) => value.toFixed(4)).join(",")]);
  if (state.measure === ISOCHRONE && state.cutoff !== 60) written.push(["cutoff", state.cutoff]);
  if (state.measure === ISOCHRONE && state.percentile !== 50) written.push(["p", state.percentile]);
  if (state.view) written.push(["map", `${state.view[0].toFixed(2)}/${state.view[1].toFixed(4)}/${state.view[2].toFixed(4)}`]);
  if (state.editing) written.push(["draw", 1]);
  if (state.line) written.push(...writeLine(state.line));
  return `#${written.map(([key, value]) => `${key}=${encodeURIComponent(String(value)).replace(/%2C/g, ",").replace(/%2F/g, "/")}`).join("&")}`;
}

function whole(text: string | null, least: number, most: number): number | null {
  if (text === null || !/^\d+$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

function numbers(text: string | null, count: number): number[] | null {
  const parts = (text ?? "").split(/[,/]/);
  const found = parts.map(Number);
  return parts.length === count && parts.every((part) => part.trim() !== "") && found.every(Number.isFinite) ? found : null;
}

function onEarth(lon: number, lat: number): boolean {
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85;
}
