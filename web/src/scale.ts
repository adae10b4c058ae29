/** Classes and colours. */
import type { Measure } from "./contract";

export interface Scale {
  /** Upper bounds of all classes but the last; a value equal to a bound falls below it. */
  breaks: number[];
  /** One colour a class, lowest first. */
  colours: string[];
}

// cividis at equal steps (Nunez, Anderton and Renslow 2018), dark to light
const CIVIDIS: Record<number, string[]> = {
  1: ["#576b6e"],
  2: ["#2b446e", "#caba6a"],
  3: ["#173a6d", "#7f7c75", "#ddc75f"],
  4: ["#002051", "#575c6e", "#a49d78", "#fdea45"],
  5: ["#002051", "#3c4d6e", "#7f7c75", "#bbaf71", "#fdea45"],
  6: ["#002051", "#2b446e", "#69696f", "#948f78", "#caba6a", "#fdea45"],
  7: ["#002051", "#1f3e6e", "#575c6e", "#7f7c75", "#a49d78", "#d5c164", "#fdea45"],
};

// ColorBrewer RdBu and PuOr (Brewer 2002), from "less" over zero to "more"
// without its palest blue, which is the colour of the water
const SHORTER_LONGER = ["#2166ac", "#4393c3", "#92c5de", "#f7f7f7", "#f4a582", "#d6604d", "#b2182b"];
const FEWER_MORE = ["#b35806", "#f1a340", "#fee0b6", "#f7f7f7", "#d8daeb", "#998ec3", "#542788"];

/** Mixed with the paper, so that names stay readable on the darkest class; map, matrix and legend use the same mix. */
export function onPaper(colour: string, share = 0.76): string {
  const channel = (hex: string, at: number) => Number.parseInt(hex.slice(at, at + 2), 16);
  const mixed = [1, 3, 5].map((at) => Math.round(channel(colour, at) * share + channel("#fbfaf7", at) * (1 - share)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** Colours of what there was not before, and of what there is no more. */
export function gainedLost(measure: Pick<Measure, "better">): { gained: string; lost: string } {
  return measure.better === "less" ? { gained: SHORTER_LONGER[0]!, lost: SHORTER_LONGER[6]! } : { gained: FEWER_MORE[6]!, lost: FEWER_MORE[0]! };
}

const TIME_STEPS = [1, 2, 3, 5, 10, 15, 20, 30, 40, 50, 60, 75, 90, 120, 150, 180, 210, 240, 270, 300, 330, 360, 420, 480, 600, 720, 960, 1440, 2880]
  .map((minutes) => minutes * 60);
const COUNT_STEPS = [1, 2, 3, 5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 10000];

export const CLASSES = 7;

/** Classes of the values of a measure, or of their differences. */
export function scaleFor(values: number[], measure: Pick<Measure, "unit" | "better">, difference: boolean): Scale {
  const steps = stepsOf(measure.unit);
  if (!values.length) return { breaks: [], colours: [] };
  if (difference) {
    const same = measure.unit === "s" ? 600 : measure.unit === "trains/day" ? 2 : Infinity;
    const breaks = zeroCentred(values, steps, same);
    const colours = measure.better === "less" ? SHORTER_LONGER : FEWER_MORE;
    return { breaks, colours: thin(colours, breaks.length + 1).map((colour) => onPaper(colour, 0.9)) };
  }
  const breaks = roundBreaks(values, steps, CLASSES);
  const colours = CIVIDIS[breaks.length + 1]!.map((colour) => onPaper(colour));
  // dark is well connected, or much: near in time, many trains, great output
  return { breaks, colours: measure.better === "less" ? colours : [...colours].reverse() };
}

/** Round numbers that classes may begin at. */
function stepsOf(unit: string): number[] {
  if (unit === "s") return TIME_STEPS;
  if (unit === "trains/day") return COUNT_STEPS;
  const found: number[] = [];
  for (let power = -7; power <= 14; power += 1) for (const lead of [1, 1.5, 2, 3, 4, 5, 6, 8]) found.push(Number(`${lead}e${power}`));
  return found;
}

export function classOf(value: number, scale: Scale): number {
  const at = scale.breaks.findIndex((bound) => value <= bound);
  return at < 0 ? scale.breaks.length : at;
}

/** Round bounds near the quantiles, so that the classes hold similar numbers and read easily. */
export function roundBreaks(values: number[], steps: number[], classes: number): number[] {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return [];
  const low = sorted[0]!;
  const high = sorted[sorted.length - 1]!;
  const found = new Set<number>();
  for (let part = 1; part < classes; part += 1) {
    const wanted = sorted[Math.min(sorted.length - 1, Math.floor((part * sorted.length) / classes))]!;
    const near = nearest(wanted, steps);
    if (near >= low && near < high) found.add(near);
  }
  return [...found].sort((a, b) => a - b);
}

/** Bounds at equal distance below and above zero; the middle class is never wider than what is no real change. */
export function zeroCentred(values: number[], steps: number[], same: number): number[] {
  const sizes = values.map(Math.abs).filter((size) => Number.isFinite(size) && size > 0).sort((a, b) => a - b);
  if (!sizes.length) return [];
  const found = new Set<number>();
  const at = (share: number) => nearest(sizes[Math.floor(share * (sizes.length - 1))]!, steps);
  found.add(Math.min(same, at(0.25)));
  for (const share of [0.5, 0.85]) found.add(at(share));
  const up = [...found].sort((a, b) => a - b);
  // the bound on the negative side lies just below, so that -15 and +15 fall into twin classes
  return [...up.map((bound) => -bound * (1 + 1e-6)).reverse(), ...up];
}

function thin(colours: string[], classes: number): string[] {
  const drop = (colours.length - classes) / 2;
  const half = (colours.length - 1) / 2;
  const kept = { 0: [0, 1, 2], 1: [0, 2], 2: [1], 3: [] }[drop] ?? [];
  const low = kept.map((at) => colours[at]!);
  const high = [...kept].reverse().map((at) => colours[colours.length - 1 - at]!);
  return [...low, colours[half]!, ...high];
}

function nearest(value: number, steps: number[]): number {
  let best = steps[0]!;
  for (const step of steps) if (Math.abs(Math.log(step / value)) < Math.abs(Math.log(best / value))) best = step;
  return best;
}

/** Round numbers within a range, few enough that their labels stand apart on a logarithmic axis; the ends where there is none. */
export function logTicks(low: number, high: number, most: number): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 }, (_, at) => Math.floor(Math.log10(low)) + at);
  const within = (leads: number[], every: number) => powers.filter((power) => power % every === 0).flatMap((power) => leads.map((lead) => Number(`${lead}e${power}`))).filter((tick) => tick >= low && tick <= high);
  const choices = [within([1, 2, 5], 1), within([1, 3], 1), within([1], 1), within([1], 2), within([1], 3)];
  return choices.find((ticks) => ticks.length > 1 && ticks.length <= most) ?? [low, high];
}

/** Width in px of a line with so many trains a day; area-true for the eye, never thinner than a hair. */
export function lineWidth(trains: number): number {
  return Math.max(0.6, Math.min(8, 0.42 * Math.sqrt(Math.abs(trains))));
}
