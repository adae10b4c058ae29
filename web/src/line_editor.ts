/** Draw a line between stations, look what it does for one city, and have the whole region computed; only with a server. */
import type { Atlas, RegionState } from "./contract";
import { el } from "./dom";
import { formatBriefChange, shortName } from "./format";
import type { Live, LineEdit, RunResult, RunState, ScenarioAsk } from "./live";
import { SearchBox, SearchIndex } from "./search";
import type { Lang } from "./state";
import { cityName } from "./words";

const WORDS = {
  en: {
    title: "Draw a line",
    lead: "Click stations on the map in their order, or add them by name.",
    name: "Name",
    speed: "Speed, km/h",
    headway: "A train every, min",
    undo: "Take back the last station",
    check: "Check from {city}",
    run: "Compute the region",
    keep: "Keep with the region",
    kept: "Kept as scenario {name}; it is offered when the server is asked again.",
    cancel: "Cancel",
    close: "Close",
    first: "Check first: a look at one city shows whether the line does what you mean.",
    few: "Choose two stations or more.",
    counts: "{faster} cities faster, {same} the same.",
    none: "No city is reached faster.",
    progress: "{done} of {total} measures{eta}",
    eta: ", about {s} s left",
    usual: "new line",
    fresh: "new line {n}",
  },
  zh: {
    title: "绘制线路",
    lead: "按顺序点击地图上的车站，或按名称添加。",
    name: "名称",
    speed: "速度，公里/小时",
    headway: "发车间隔，分钟",
    undo: "撤销最后一站",
    check: "先查看{city}",
    run: "计算全区",
    keep: "随区域保存",
    kept: "已保存为情景 {name}，再次向服务器请求时可选。",
    cancel: "取消",
    close: "关闭",
    first: "请先查看一个城市的结果，再计算全区。",
    few: "请选择两个或以上车站。",
    counts: "{faster}个城市更快，{same}个不变。",
    none: "没有城市更快。",
    progress: "已完成 {done}/{total} 项{eta}",
    eta: "，约剩 {s} 秒",
    usual: "新线路",
    fresh: "新线路{n}",
  },
} as const;

const SERVICE_H = 16;
/** Stations nearer than this to a click are meant, px. */
const CLOSE_PX = 18;

export interface EditorHost {
  readonly atlas: Atlas;
  readonly lang: Lang;
  /** City whose times are checked. */
  readonly city: number;
  project(lon: number, lat: number): { x: number; y: number };
  /** Stations and the line under way, to be drawn. */
  drawn(line: number[] | null): void;
  added(state: RegionState): void;
}

export class LineEditor {
  readonly section = el("section", { class: "editor-section", hidden: true });
  readonly #live: Live;
  readonly #host: EditorHost;
  readonly #search: SearchBox;
  #stops: number[] = [];
  #name = "";
  #speed = 160;
  #headway = 20;
  #checked = "";
  #said = "";
  #rows: HTMLElement | null = null;
  #run: RunState | null = null;
  #stop: () => void = () => {};
  #made = 0;

  constructor(live: Live, host: EditorHost) {
    this.#live = live;
    this.#host = host;
    this.#search = new SearchBox(new SearchIndex(host.atlas, host.atlas.search ?? null), (found) => found.kind === "station" && this.#add(found.index), "editor-search");
  }

  get open(): boolean {
    return !this.section.hidden;
  }

  toggle(open = !this.open): void {
    this.section.hidden = !open;
    this.#host.drawn(open ? this.#stops : null);
    this.draw();
  }

  /** A click on the map: the station nearest to it, if one is near. */
  click(x: number, y: number): void {
    const { atlas } = this.#host;
    const places = atlas.stations.map(([, , lon, lat], at) => ({ at, ...this.#host.project(lon, lat) }));
    const near = places.map((one) => ({ ...one, far: Math.hypot(one.x - x, one.y - y) })).sort((a, b) => a.far - b.far)[0];
    if (near && near.far <= CLOSE_PX) this.#add(near.at);
  }

  draw(): void {
    if (!this.open) return;
    const { atlas, lang, city } = this.#host;
    const words = WORDS[lang];
    const focused = this.section.contains(document.activeElement) ? document.activeElement!.id : "";
    this.#search.draw(lang);
    const busy = this.#run !== null;
    const stops = this.#stops.map((at) => el("li", {}, lang === "zh" ? shortName(atlas.stations[at]![0]) : (atlas.stations[at]![1] ?? atlas.stations[at]![0])));
    const field = (id: string, label: string, input: HTMLInputElement) => el("label", { class: "field", for: id }, label, input);
    const number = (id: string, value: number, least: number, most: number, set: (value: number) => void) => {
      const input = el("input", { type: "number", id, min: String(least), max: String(most), step: "1", required: true });
      input.value = String(value);
      input.addEventListener("change", () => {
        if (input.checkValidity()) set(input.valueAsNumber);
      });
      return input;
    };
    const name = el("input", { type: "text", id: "editor-name", maxlength: "60" });
    name.value = this.#name || this.#usualName();
    name.addEventListener("change", () => (this.#name = name.value.trim()));
    const button = (id: string, text: string, act: () => void, off = false) => el("button", { type: "button", id, disabled: off, onclick: act }, text);
    const ready = this.#checked === this.#key() && this.#stops.length > 1;
    this.section.replaceChildren(
      el("div", { class: "section-head" }, el("h2", {}, words.title), button("editor-close", words.close, () => this.toggle(false))),
      el("p", { class: "small" }, words.lead),
      this.#search.element,
      el("ol", { class: "stops" }, ...stops),
      el("div", { class: "fields" }, field("editor-name", words.name, name), field("editor-speed", words.speed, number("editor-speed", this.#speed, 10, 600, (value) => (this.#speed = value))), field("editor-headway", words.headway, number("editor-headway", this.#headway, 1, 240, (value) => (this.#headway = value)))),
      el(
        "p",
        { class: "buttons" },
        button("editor-undo", words.undo, () => this.#undo(), !this.#stops.length || busy),
        button("editor-check", words.check.replace("{city}", cityName(atlas, city, lang)), () => void this.#check(), this.#stops.length < 2 || busy),
        button("editor-run", words.run, () => void this.#compute(), !ready || busy),
        ...(this.#live.about.capabilities.save_scenarios ? [button("editor-keep", words.keep, () => void this.#keep(), !ready || busy)] : []),
        ...(busy ? [button("editor-cancel", words.cancel, () => this.#cancel())] : []),
      ),
      el("p", { class: "small", role: "status" }, this.#said || (this.#stops.length < 2 ? words.few : ready ? "" : words.first)),
      ...(this.#rows ? [this.#rows] : []),
      ...(busy && this.#run!.total ? [el("progress", { max: String(this.#run!.total), value: String(this.#run!.done) })] : []),
    );
    if (focused && focused !== "editor-search") document.getElementById(focused)?.focus();
  }

  #add(station: number): void {
    if (this.#run || this.#stops[this.#stops.length - 1] === station) return;
    this.#stops.push(station);
    this.#changed();
  }

  #undo(): void {
    this.#stops.pop();
    this.#changed();
  }

  #changed(): void {
    this.#said = "";
    this.#rows = null;
    this.#host.drawn(this.#stops);
    this.draw();
  }

  #usualName(): string {
    const words = WORDS[this.#host.lang];
    return this.#made ? words.fresh.replace("{n}", String(this.#made + 1)) : words.usual;
  }

  #asked(): ScenarioAsk {
    const { atlas } = this.#host;
    const last = [...atlas.states].reverse().find((one) => one.kind === "year" && one.timetable)!;
    const edit: LineEdit = {
      kind: "add_line",
      name: this.#name || this.#usualName(),
      feed_ids: last.feeds.slice(0, 1).map((feed) => feed.feed_id),
      mode: 2,
      line_id: `drawn-${this.#made + 1}`,
      stops: this.#stops.map((at) => atlas.station_ids[at]!),
      speed_kmh: this.#speed,
      dwell_s: 60,
      headway_s: this.#headway * 60,
      start: "06:00",
      end: "22:00",
    };
    return { scenario: { name: edit.name, edits: [edit] }, year: last.year };
  }

  #key(): string {
    return JSON.stringify(this.#asked());
  }

  async #check(): Promise<void> {
    const { atlas, lang, city } = this.#host;
    const words = WORDS[lang];
    this.#said = "…";
    this.draw();
    try {
      const asked = this.#asked();
      const found = await this.#live.check(asked, atlas.cities[city]!.id);
      this.#checked = JSON.stringify(asked);
      const { faster = 0, same = 0 } = found.counts;
      const gained = found.counts["newly reachable"] ?? 0;
      this.#said = faster + gained ? words.counts.replace("{faster}", String(faster + gained)).replace("{same}", String(same)) : words.none;
      const best = found.rows.filter((row) => (row.difference_s ?? 0) < 0).sort((a, b) => a.difference_s! - b.difference_s!).slice(0, 8);
      const name = (id: string) => cityName(atlas, atlas.cities.findIndex((one) => one.id === id), lang);
      this.#rows = best.length ? el("table", { class: "plain" }, el("tbody", {}, ...best.map((row) => el("tr", {}, el("th", { scope: "row" }, name(row.to_id)), el("td", {}, `${formatBriefChange(row.difference_s!, "s", lang)} ${lang === "zh" ? "分钟" : "min"}`))))) : null;
    } catch (problem) {
      this.#said = String(problem instanceof Error ? problem.message : problem);
      this.#rows = null;
    }
    this.draw();
    document.getElementById("editor-run")?.focus();
  }

  async #keep(): Promise<void> {
    const words = WORDS[this.#host.lang];
    const ends = [this.#stops[0]!, this.#stops[this.#stops.length - 1]!].map((at) => this.#host.atlas.stations[at]![1] ?? "");
    try {
      const kept = await this.#live.keep(fileName(this.#name || this.#usualName(), ends), this.#asked());
      this.#said = words.kept.replace("{name}", kept.name);
    } catch (problem) {
      this.#said = String(problem instanceof Error ? problem.message : problem);
    }
    this.draw();
  }

  async #compute(): Promise<void> {
    const asked = this.#asked();
    const measures = this.#host.atlas.measures.filter((one) => one.tables.includes("stop_times") && Object.keys(one.values).length).map((one) => one.name);
    try {
      this.#heard(await this.#live.start(asked, measures), asked);
      if (this.#run) this.#stop = this.#live.follow(this.#run.id, (run) => this.#heard(run, asked));
    } catch (problem) {
      this.#over(String(problem instanceof Error ? problem.message : problem));
    }
  }

  #heard(run: RunState, asked: ScenarioAsk): void {
    const words = WORDS[this.#host.lang];
    this.#run = run;
    if (run.state === "done") {
      void this.#live.run(run.id).then(
        (whole) => {
          this.#over("");
          if (whole.result) this.#host.added(addState(this.#host.atlas, whole.result, asked, this.#stops, (this.#made += 1)));
        },
        (problem: unknown) => this.#over(String(problem)),
      );
      return;
    }
    if (run.state === "failed" || run.state === "cancelled") {
      this.#over(run.error?.error ?? "");
      return;
    }
    this.#said = words.progress.replace("{done}", String(run.done)).replace("{total}", String(run.total || "…")).replace("{eta}", run.eta_s === null ? "" : words.eta.replace("{s}", String(Math.ceil(run.eta_s))));
    this.draw();
  }

  #cancel(): void {
    if (this.#run) void this.#live.cancel(this.#run.id);
    this.#over("");
  }

  #over(said: string): void {
    this.#stop();
    this.#run = null;
    this.#said = said;
    this.draw();
  }
}

/** Name that a file may have: of the scenario, or of the stations at both ends where that has no Latin letters. */
export function fileName(name: string, ends: readonly string[]): string {
  const plain = (text: string) => text.normalize("NFD").toLowerCase().replace(/[\u0300-\u036f]/g, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64);
  return (/[a-z]/i.test(name) && plain(name)) || plain(ends.join(" ")) || "drawn-line";
}

/** Put what a run found into the data of the page, as a state like one that ships. */
export function addState(atlas: Atlas, result: RunResult, asked: ScenarioAsk, stops: number[], number: number): RegionState {
  const edit = asked.scenario.edits[0]!;
  const before = atlas.states.find((one) => one.kind === "year" && one.year === asked.year && one.timetable)!;
  const trains = Math.round((2 * SERVICE_H * 3600) / edit.headway_s);
  const drawn = stops.slice(1).map((to, at): [number, number, 0 | 1 | 2, number] => [stops[at]!, to, 1, trains]);
  const id = `drawn-${number}`;
  const state: RegionState = {
    ...before,
    id,
    kind: "scenario",
    label: { en: asked.scenario.name, zh: asked.scenario.name },
    before: before.id,
    comment: "",
    lines: [...before.lines, ...drawn],
    line_change: drawn.map(([from, to, group, count]) => [from, to, group, 0, count]),
  };
  atlas.states.push(state);
  const changed: string[] = [];
  for (const found of result.measures) {
    const measure = atlas.measures.find((one) => one.name === found.name);
    for (const [variant, held] of Object.entries(found.values)) {
      const [base, after] = [held["base"], held["scenario"]];
      const known = measure?.values[variant];
      if (!known || !after) continue;
      const { same, ...about } = after;
      known[id] = { ...about, values: (same ? held[same]?.values : after.values) ?? [] };
      if (same !== "base" && base) changed.push(found.name);
    }
  }
  const { name } = asked.scenario;
  atlas.questions.push({ id: `scenario-${id}`, words: { en: `What would “${name}” change?`, zh: `“${name}”会改变什么？` }, measures: [...new Set(changed.length ? changed : result.measures.map((one) => one.name))].sort((a, b) => Number(b === "typical_time") - Number(a === "typical_time")), opens: { state: id, compare: "difference" } });
  return state;
}
