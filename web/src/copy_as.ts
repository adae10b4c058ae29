/** What is on the screen as lines that give the same numbers: Python always, a command where there is one. */

/** A timetable year, a scenario, or what a scenario that ships stands on and is compared with. */
export interface StateRef {
  year: number;
  /** Name of a scenario that ships, or the path of its file. */
  scenario?: string;
  /** The base of that scenario rather than the scenario. */
  base?: boolean;
}

export interface MeasureView {
  kind: "measure";
  measure: string;
  shape: "value" | "city" | "pair" | "zone";
  /** Parameters beside the year. */
  parameters: Record<string, string | number>;
  state: StateRef;
  /** What it is compared with: the view shows the difference. */
  before: StateRef | null;
  /** Whether the measure has the parameter `year`. */
  by_year: boolean;
  city: string | null;
  to: string | null;
}

export interface IsochroneView {
  kind: "isochrone";
  lon: number;
  lat: number;
  cutoffs_min: number[];
  percentile: number;
  window_s: [number, number];
  state: StateRef;
  before: StateRef | null;
}

export interface Region {
  /** Name of a region that ships; null for one in a folder. */
  shipped: string | null;
  /** What opens it: the name of a region that ships, or a folder. */
  opens: string;
  version: string;
  software: string;
}

/** A region that ships says so by its version; a server tells its folder, and else it is called by its name, as `megaregion demo yrd yrd.region` does. */
export function regionOf({ name, version }: { name: string; version: string }, software: string, folder: string | null = null): Region {
  const shipped = /^example (\S+)$/.exec(version)?.[1] ?? null;
  return { shipped, opens: shipped ?? folder ?? (name.endsWith(".region") ? name : `${name}.region`), version, software };
}

export interface Copied {
  python: string;
  /** Null where no single command prints the same numbers. */
  shell: string | null;
}

/** All claims about the region, with what their verdicts rest on. */
export interface ClaimsView {
  kind: "claims";
}

export function copyAs(view: MeasureView | IsochroneView | ClaimsView, region: Region): Copied {
  if (view.kind === "claims") {
    const python = [...opening(region), "", `region = mr.open(${text(region.opens)})`, "print(mr.evidence(region).table.to_string())"];
    return { python: `${python.join("\n")}\n`, shell: ["megaregion evidence", ...folder(region)].join(" ") };
  }
  return view.kind === "measure" ? { python: measurePython(view, region), shell: measureShell(view, region) } : { python: isochronePython(view, region), shell: isochroneShell(view, region) };
}

function opening(region: Region): string[] {
  return [`# region ${oneLine(region.opens)}, ${oneLine(region.version)}; ${oneLine(region.software)}`, "import megaregion as mr"];
}

function measurePython(view: MeasureView, region: Region): string {
  const { measure, city, to, shape } = view;
  const states = view.before ? [view.before, view.state] : [view.state];
  const lines = opening(region);
  if (states.some((state) => state.base)) lines.push("from megaregion.study.regions import example_scenario");
  lines.push("", `region = mr.open(${text(region.opens)})`);
  const run = (name: string, state: StateRef) => {
    const parameters = { ...(view.by_year ? { year: state.year } : {}), ...view.parameters };
    const where = state.base && state.scenario ? `example_scenario(${text(state.scenario)}).base(region)` : "region";
    const scenario = state.scenario && !state.base ? `, ${text(state.scenario)}` : "";
    const asked = Object.keys(parameters).length ? `, parameters=${dict(parameters)}` : "";
    lines.push(`${name} = mr.run(${where}${scenario}, measures=[${text(measure)}]${asked})[${text(measure)}]`);
  };
  const names = view.before ? ["before", "after"] : ["result"];
  states.forEach((state, at) => run(names[at]!, state));
  const key = shape === "pair" && city !== null && to !== null ? `at(from_id=${text(city)}, to_id=${text(to)})` : shape === "city" && city !== null ? `at(city_id=${text(city)})` : shape === "value" ? "value" : null;
  if (key) lines.push(`print(${names.map((name) => `${name}.${key}`).reverse().join(" - ")})`);
  else if (shape === "pair" && city !== null) {
    lines.push(...names.map((name) => `rows = ${name}.table[${name}.table["from_id"] == ${text(city)}]\nprint(rows.to_string())`));
  } else lines.push(...names.map((name) => `print(${name}.table.to_string())`));
  return `${lines.join("\n")}\n`;
}

/** `measure` prints one state: a difference is two commands, one below the other. It has no command for a single pair. */
function measureShell(view: MeasureView, region: Region): string | null {
  const states = view.before ? [view.before, view.state] : [view.state];
  if (states.some((state) => state.base) || (view.shape === "pair" && view.city !== null && view.to !== null)) return null;
  return states
    .map((state) => {
      const parameters = { ...(view.by_year ? { year: state.year } : {}), ...view.parameters };
      const set = Object.entries(parameters).map(([name, value]) => `--set ${quoted(`${name}=${value}`)}`);
      return ["megaregion measure", view.measure, ...set, ...folder(region), ...(state.scenario ? [`--scenario ${quoted(state.scenario)}`] : [])].join(" ");
    })
    .join("\n");
}

function isochronePython(view: IsochroneView, region: Region): string {
  const { lon, lat, cutoffs_min, percentile, window_s } = view;
  const states = view.before ? [view.before, view.state] : [view.state];
  const lines = opening(region);
  lines.push("import numpy as np", "from megaregion.region.points import Points");
  if (states.some((state) => state.base)) lines.push("from megaregion.study.regions import example_scenario");
  if (states.some((state) => state.scenario && !state.base)) lines.push("from megaregion.study.run import apply");
  lines.push("from megaregion.study.reached_land import reached_land", "from megaregion.study.spread import spread_of", "from megaregion.study.walking import walking", "");
  lines.push(`region = mr.open(${text(region.opens)})`, "walks = walking(region)");
  lines.push(`point = Points(("here",), np.array([${lon}]), np.array([${lat}]))`);
  lines.push("", "", "def outlines(region, year):", "    timetable = walks.timetable(region, year=year)", "    return reached_land(", "        region,", "        timetable,", "        point,", "        spread_of([timetable], walks),");
  lines.push(`        cutoffs_s=[${cutoffs_min.map((minutes) => minutes * 60).join(", ")}],`, `        percentiles=(${percentile},),`, `        window=(${text(clock(window_s[0]))}, ${text(clock(window_s[1]))}),`);
  lines.push("    )", "", "");
  const state = ({ year, scenario, base }: StateRef) => `outlines(${scenario ? (base ? `example_scenario(${text(scenario)}).base(region)` : `apply(region, ${text(scenario)})[0]`) : "region"}, ${year})`;
  if (view.before) lines.push(`before = ${state(view.before)}`, `after = ${state(view.state)}`, "print(after.changes(before).to_string())");
  else lines.push(`found = ${state(view.state)}`, 'print(found.table.drop(columns="geometry").to_string())');
  return `${lines.join("\n")}\n`;
}

function isochroneShell(view: IsochroneView, region: Region): string | null {
  const { state, before } = view;
  // it compares with a year, or a scenario with what that stands on
  const known = !before || (before.base ? before.scenario === state.scenario : !before.scenario);
  if (state.base || !known) return null;
  const against = before ? [`--against ${before.base ? "base" : before.year}`] : [];
  const parts = [
    "megaregion isochrone",
    ...folder(region),
    `--year ${state.year}`,
    ...(state.scenario ? [`--scenario ${quoted(state.scenario)}`] : []),
    ...against,
    `--window ${view.window_s.map(clock).join("-")}`,
    `--cutoffs ${view.cutoffs_min.join(",")}`,
    `--percentiles ${view.percentile}`,
    // west of Greenwich the point begins with a minus, as an option does
    `${view.lon < 0 ? "-- " : ""}${view.lon},${view.lat}`,
  ];
  return parts.join(" ");
}

function folder(region: Region): string[] {
  return region.shipped === "yrd" ? [] : [`--region ${quoted(region.opens)}`];
}

function clock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Text as Python writes it; JSON's form of it is one, but for what lies beyond 16 bits, which it need not escape. */
function text(value: string): string {
  return JSON.stringify(value);
}

function dict(values: Record<string, string | number>): string {
  return `{${Object.entries(values)
    .map(([name, value]) => `${text(name)}: ${typeof value === "number" ? value : text(value)}`)
    .join(", ")}}`;
}

function oneLine(value: string): string {
  return value.replace(/\s+/g, " ");
}

/** Quoted where a shell would read it otherwise. */
function quoted(value: string): string {
  return /^[\p{L}\p{N}_./:=-]+$/u.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
