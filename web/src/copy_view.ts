/** From what the page looks at to what `copyAs` writes down. */
import type { IsochroneView, MeasureView, StateRef } from "./copy_as";

/** As in the contract: what of a state is needed here. */
interface Known {
  id: string;
  kind: "year" | "scenario" | "base";
  year: number;
  before: string | null;
}

/** As `Lens` of the model: a measure under a choice, in a state, and the state before where a difference is shown. */
interface Shown {
  measure: { name: string; shape: "value" | "city" | "pair" | "zone"; values: Record<string, Record<string, { parameters: Record<string, unknown> }>> };
  variant: string;
  now: Known | null;
  before: Known | null;
  difference: boolean;
}

/** A year; a scenario by its name; or the base of the scenario that is compared with it. */
export function stateRef(states: readonly Known[], state: Known): StateRef {
  if (state.kind === "scenario") return { year: state.year, scenario: state.id };
  const over = state.kind === "base" ? states.find((one) => one.kind === "scenario" && one.before === state.id) : undefined;
  return over ? { year: state.year, scenario: over.id, base: true } : { year: state.year };
}

export function measureView(states: readonly Known[], lens: Shown, city: string | null, to: string | null): MeasureView {
  const held = lens.measure.values[lens.variant]?.[lens.now?.id ?? "always"];
  const { year, ...parameters } = held?.parameters ?? {};
  return {
    kind: "measure",
    measure: lens.measure.name,
    shape: lens.measure.shape,
    parameters: Object.fromEntries(Object.entries(parameters).filter((entry): entry is [string, string | number] => typeof entry[1] === "string" || typeof entry[1] === "number")),
    // a measure that knows no state is that of the region as it is
    state: lens.now ? stateRef(states, lens.now) : { year: 0 },
    before: lens.difference && lens.before ? stateRef(states, lens.before) : null,
    by_year: year !== undefined,
    city,
    to,
  };
}

export function isochroneView(
  states: readonly Known[],
  point: readonly [number, number],
  asked: { cutoff: number; percentile: number; window_s: [number, number] },
  now: Known,
  before: Known | null,
): IsochroneView {
  const round = (value: number) => Math.round(value * 1e4) / 1e4;
  return {
    kind: "isochrone",
    lon: round(point[0]),
    lat: round(point[1]),
    cutoffs_min: [asked.cutoff],
    percentile: asked.percentile,
    window_s: asked.window_s,
    state: stateRef(states, now),
    before: before ? stateRef(states, before) : null,
  };
}
