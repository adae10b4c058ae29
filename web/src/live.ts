/** The server behind the page, where there is one: `megaregion serve`; see docs/server.md. */
import type { Measure } from "./contract";
import type { StateRef } from "./copy_as";

export interface About {
  /** Folder as the server's command named it; null where a region that ships is served. */
  region?: { folder: string | null };
  years: number[];
  scenarios: { name: string; year: number; stands_on: string }[];
  capabilities: { isochrone: boolean; check: boolean; runs: boolean; save_scenarios?: boolean };
}

export interface LineEdit {
  kind: "add_line";
  name: string;
  feed_ids: string[];
  mode: number;
  line_id: string;
  stops: string[];
  speed_kmh: number;
  dwell_s: number;
  headway_s: number;
  start: string;
  end: string;
}

export interface ScenarioAsk {
  scenario: { name: string; edits: LineEdit[] };
  year: number;
}

export interface Check {
  from: string;
  rows: { to_id: string; before_s: number | "inf" | null; after_s: number | "inf" | null; difference_s: number | null; verdict: string }[];
  counts: Record<string, number>;
}

export interface RunState {
  id: string;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  eta_s: number | null;
  message: { en: string; zh: string } | null;
  result: RunResult | null;
  error: { error: string } | null;
}

/** Measures in the form of `data.js`, with the states "base" and "scenario". */
export interface RunResult {
  cities: string[];
  scenario: { name: string; id: string };
  measures: Measure[];
}

export type ExactPart = "after" | "before" | "kept" | "gained" | "lost";

/** Land reached from a point, as the engine finds it. */
export interface Exact {
  /** The state that is looked at; against another also that, and what lies between. */
  parts: Partial<Record<ExactPart, { shape: GeoJSON.MultiPolygon; area_km2: number }>>;
  /** Ids of cities whose centre lies inside. */
  inside: string[];
  insideBefore: string[];
  key: string;
}

interface IsochroneAnswer {
  features: GeoJSON.Feature<GeoJSON.MultiPolygon, { part: ExactPart; area_km2: number }>[];
  cities: { part: ExactPart; city_ids: string[] }[];
  key: string;
}

export interface IsochroneAsk {
  lon: number;
  lat: number;
  cutoff: number;
  percentile: number;
  /** "06:00-22:00" */
  window: string;
}

/** What the server says went wrong, in its words. */
export class ServerProblem extends Error {}

export class Live {
  readonly about: About;

  constructor(about: About) {
    this.about = about;
  }

  /** Ask whether a server of this page answers; from disk there is none. */
  static async connect(): Promise<Live | null> {
    if (!location.protocol.startsWith("http")) return null;
    try {
      const answer = await fetch("api/about");
      const about = answer.ok ? ((await answer.json()) as Partial<About>) : {};
      return about.capabilities ? new Live(about as About) : null;
    } catch {
      // a server of plain files knows no such address
      return null;
    }
  }

  /** Ask the engine for the land reached from a point, in one state or against another; null where it knows no such state. */
  async isochrone({ lon, lat, cutoff, percentile, window }: IsochroneAsk, now: StateRef, before: StateRef | null): Promise<Exact | null> {
    const known = !now.scenario || this.about.scenarios.some((one) => one.name === now.scenario);
    const against = before && (before.base ? (before.scenario === now.scenario ? "base" : null) : before.scenario ? null : String(before.year));
    if (!this.about.capabilities.isochrone || !known || now.base || (before && !against)) return null;
    const state = now.scenario ? { scenario: now.scenario } : { year: String(now.year) };
    const query = new URLSearchParams({ lon: lon.toFixed(4), lat: lat.toFixed(4), cutoffs: String(cutoff), percentile: String(percentile), window, ...state, ...(against ? { against } : {}) });
    const found = await ask<IsochroneAnswer>(`api/isochrone?${query}`);
    const inside = (part: ExactPart) => found.cities.find((one) => one.part === part)?.city_ids ?? [];
    return {
      parts: Object.fromEntries(found.features.map(({ geometry, properties }) => [properties.part, { shape: geometry, area_km2: properties.area_km2 }])),
      inside: inside("after"),
      insideBefore: inside("before"),
      key: found.key,
    };
  }

  check(asked: ScenarioAsk, from: string | null): Promise<Check> {
    return ask<Check>("api/check", { ...asked, ...(from ? { from } : {}) });
  }

  start(asked: ScenarioAsk, measures: string[]): Promise<RunState> {
    return ask<RunState>("api/runs", { ...asked, measures });
  }

  run(id: string): Promise<RunState> {
    return ask<RunState>(`api/runs/${id}`);
  }

  /** Listen until it is over; gives a function that stops listening. */
  follow(id: string, heard: (run: RunState) => void): () => void {
    const events = new EventSource(`api/runs/${id}/events`);
    for (const name of ["progress", "done", "failed", "cancelled"]) {
      events.addEventListener(name, (event) => {
        if (name !== "progress") events.close();
        heard(JSON.parse((event as MessageEvent<string>).data) as RunState);
      });
    }
    return () => events.close();
  }

  /** Keep a scenario with the folder of the region, under a name of small letters, digits and dashes. */
  keep(name: string, asked: ScenarioAsk): Promise<{ name: string }> {
    return ask<{ name: string }>("api/scenarios", { ...asked, name });
  }

  async cancel(id: string): Promise<void> {
    await fetch(`api/runs/${id}`, { method: "DELETE" });
  }
}

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const answer = await fetch(path, body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const found = (await answer.json()) as T & { error?: string; ok?: boolean; notices?: { message?: string }[] };
  if (!answer.ok) throw new ServerProblem([found.error, ...(found.notices ?? []).map((one) => one.message)].filter(Boolean).join(" "));
  return found;
}
