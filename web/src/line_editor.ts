/** Draw a line between stations, look what it does for one city, and have the whole region computed; only with a server. */
import type { Atlas, RegionState } from "./contract";
import { el } from "./dom";
import { formatBrief, formatBriefChange, shortName } from "./format";
import { HEADWAY, NAME_LENGTH, NO_LINE, SPEED, askOf, lineId, principalStation, type DrawnLine } from "./line";
import type { Check, Live, RunResult, RunState } from "./live";
import { change } from "./model";
import { SearchBox, SearchIndex, type Found } from "./search";
import type { Lang, State } from "./state";
import { cityName } from "./words";

const WORDS = {
  en: {
    title: "Draw a line",
    lead: "Click stations on the map in their order, or add them by name. A city stands for its station where most trains call.",
    name: "Name",
    speed: "Speed, km/h",
    headway: "A train every, min",
    undo: "Take back the last station",
    check: "Check from {city}",
    run: "Compute the region",
    keep: "Keep with the region",
    kept: "Kept in the folder of the region as scenarios/{name}.toml; the switch above shows it when the server is started again.",
    cancel: "Cancel",
    cancelled: "Cancelled; nothing was added.",
    close: "Close",
    first: "Check first: a look at one city shows whether the line does what you mean.",
    few: "Choose two stations or more.",
    added: "{city}: its station {station}, where most trains call, is added.",
    again: "{station} is the last station already.",
    bare: "{city} has no station where trains call, so no line can join it here. A new station is written in a scenario file: add_line with its name, lon and lat.",
    nothing: "No station or city is there; click nearer to one, or type its name.",
    checking: "Checking…",
    from: "Median journey from {city}, 06:00–22:00, min",
    to: "to",
    before: "without",
    after: "with",
    change: "change",
    new: "new",
    lost: "lost",
    none: "Nothing changes from {city}: {counts}.",
    progress: "{done} of {total} results",
    waiting: "Waiting for its turn.",
    starting: "Starting.",
    eta: ", about {s} s left",
    usual: "new line",
    cities: "Cities: ",
    verdicts: { faster: "{n} faster", "newly reachable": "{n} newly reachable", slower: "{n} slower", "no longer reachable": "{n} no longer reachable", same: "{n} the same", unreachable: "{n} not reachable" },
    comma: ", ",
    stop: ".",
  },
  zh: {
    title: "绘制线路",
    lead: "按顺序点击地图上的车站，或按名称添加。选城市即选该市停靠列车最多的车站。",
    name: "名称",
    speed: "速度，公里/小时",
    headway: "发车间隔，分钟",
    undo: "撤销最后一站",
    check: "先查看{city}",
    run: "计算全区",
    keep: "随区域保存",
    kept: "已保存到区域文件夹：scenarios/{name}.toml；服务器重新启动后可在上方切换。",
    cancel: "取消",
    cancelled: "已取消，未添加任何结果。",
    close: "关闭",
    first: "请先查看一个城市的结果，再计算全区。",
    few: "请选择两个或以上车站。",
    added: "已添加{city}停靠列车最多的车站：{station}。",
    again: "{station}已是最后一站。",
    bare: "{city}没有停靠列车的车站，此处无法连接。新车站可写入情景文件：在 add_line 中给出名称、lon 和 lat。",
    nothing: "此处没有车站或城市；请点近一些，或输入名称。",
    checking: "正在查看……",
    from: "从{city}出发的行程中位数，06:00–22:00，分钟",
    to: "到",
    before: "无此线",
    after: "有此线",
    change: "变化",
    new: "新增",
    lost: "取消",
    none: "从{city}出发没有变化：{counts}。",
    progress: "已完成 {done}/{total} 项结果",
    waiting: "正在排队。",
    starting: "正在启动。",
    eta: "，约剩 {s} 秒",
    usual: "新线路",
    cities: "",
    verdicts: { faster: "{n}个城市更快", "newly reachable": "{n}个新可达", slower: "{n}个更慢", "no longer reachable": "{n}个不再可达", same: "{n}个不变", unreachable: "{n}个不可达" },
    comma: "，",
    stop: "。",
  },
} as const;

const SERVICE_H = 16;
/** Stations nearer than this to a click are meant, px; the mark of a city itself means the city. */
const CLOSE_PX = 18;
const MARK_PX = 5;
const TICK_MS = 1000;

export interface EditorHost {
  readonly atlas: Atlas;
  readonly lang: Lang;
  readonly state: State;
  /** City whose times are checked. */
  readonly city: number;
  project(lon: number, lat: number): { x: number; y: number };
  /** Stations and the line under way, to be drawn. */
  drawn(line: number[] | null): void;
  commit(change: Partial<State>): void;
  added(state: RegionState): void;
  /** What was asked for did not come: it failed, or the reader cancelled it. */
  gaveUp(): void;
}

export class LineEditor {
  readonly section = el("section", { class: "editor-section", hidden: true });
  readonly #live: Live;
  readonly #host: EditorHost;
  readonly #search: SearchBox;
  // parts stay while they are drawn again, so that a click is not lost when a field beside it changes
  readonly #title = el("h2");
  readonly #lead = el("p", { class: "small" });
  readonly #stops = el("ol", { class: "stops" });
  readonly #name: HTMLInputElement;
  readonly #speed: HTMLInputElement;
  readonly #headway: HTMLInputElement;
  readonly #labels: Record<"name" | "speed" | "headway", HTMLElement> = { name: el("span"), speed: el("span"), headway: el("span") };
  readonly #buttons: Record<"close" | "undo" | "check" | "run" | "keep" | "cancel", HTMLButtonElement>;
  readonly #status = el("p", { class: "small", role: "status" });
  readonly #rows = el("div", { class: "editor-rows" });
  readonly #progress = el("progress", { hidden: true });
  /** Line that was checked, as its id. */
  #checked = "";
  #found: { check: Check; city: number } | null = null;
  #said = "";
  #run: RunState | null = null;
  #heardAt = 0;
  #timer = 0;
  #stop: () => void = () => {};
  #drawnStops = "";

  constructor(live: Live, host: EditorHost) {
    this.#live = live;
    this.#host = host;
    this.#search = new SearchBox(new SearchIndex(host.atlas, host.atlas.search ?? null), (found) => this.#pick(found), "editor-search");
    const button = (id: string, act: () => void) => el("button", { type: "button", id: `editor-${id}`, onclick: act });
    this.#buttons = {
      close: button("close", () => this.toggle()),
      undo: button("undo", () => this.#change({ stops: this.#line.stops.slice(0, -1) })),
      check: button("check", () => void this.#check()),
      run: button("run", () => void this.#compute(this.#named())),
      keep: button("keep", () => void this.#keep()),
      cancel: button("cancel", () => this.#cancel()),
    };
    const number = (id: "speed" | "headway", { least, most }: typeof SPEED, set: (value: number) => Partial<DrawnLine>) => {
      const input = el("input", { type: "number", id: `editor-${id}`, min: least, max: most, step: "1", required: true });
      input.addEventListener("change", () => input.reportValidity() && this.#change(set(input.valueAsNumber)));
      return input;
    };
    this.#speed = number("speed", SPEED, (speed_kmh) => ({ speed_kmh }));
    this.#headway = number("headway", HEADWAY, (headway_min) => ({ headway_min }));
    this.#name = el("input", { type: "text", id: "editor-name", maxlength: NAME_LENGTH, onchange: () => this.#change({ name: this.#name.value.trim() }) });
    const field = (id: "name" | "speed" | "headway", input: HTMLInputElement) => el("label", { class: "field", for: `editor-${id}` }, this.#labels[id], input);
    const { close, ...acts } = this.#buttons;
    this.section.append(
      el("div", { class: "section-head" }, this.#title, close),
      this.#lead,
      this.#search.element,
      this.#stops,
      el("div", { class: "fields" }, field("name", this.#name), field("speed", this.#speed), field("headway", this.#headway)),
      el("p", { class: "buttons" }, ...Object.values(acts)),
      this.#status,
      this.#progress,
      this.#rows,
    );
  }

  get open(): boolean {
    return this.#host.state.editing;
  }

  toggle(): void {
    this.#host.commit({ editing: !this.open });
    if (this.open) this.section.scrollIntoView({ block: "nearest" });
  }

  /** A click on the map: the mark of a city, else the station nearest to it, else the city in whose area it lies. */
  click(x: number, y: number, city: number | null): void {
    const { atlas } = this.#host;
    const far = (lon: number, lat: number) => {
      const place = this.#host.project(lon, lat);
      return Math.hypot(place.x - x, place.y - y);
    };
    const near = atlas.stations.map(([, , lon, lat], at) => ({ at, far: far(lon, lat) })).sort((a, b) => a.far - b.far)[0];
    const mark = city === null ? Infinity : far(atlas.cities[city]!.lon, atlas.cities[city]!.lat);
    if (city !== null && mark <= MARK_PX && mark <= (near?.far ?? Infinity)) this.#addCity(city);
    else if (near && near.far <= CLOSE_PX) this.#add(near.at);
    else if (city !== null) this.#addCity(city);
    else this.#say(WORDS[this.#host.lang].nothing);
  }

  /** Compute a line that an address asks for, as it was computed before. */
  restore(line: DrawnLine): void {
    if (this.#run) this.#abandon();
    void this.#compute(line);
  }

  draw(): void {
    const { atlas, lang, city, state } = this.#host;
    const open = state.editing;
    const line = this.#line;
    this.section.hidden = !open;
    const drawn = open ? JSON.stringify(line.stops) : "";
    if (drawn !== this.#drawnStops) this.#host.drawn(open ? this.#positions(line) : null);
    this.#drawnStops = drawn;
    if (!open) return;
    const words = WORDS[lang];
    this.#search.draw(lang);
    const busy = this.#run !== null;
    const few = line.stops.length < 2;
    const ready = !few && this.#checked === lineId(this.#named());
    this.#title.textContent = words.title;
    this.#lead.textContent = words.lead;
    this.#stops.replaceChildren(...this.#positions(line).map((at) => el("li", {}, this.#stationName(at))));
    for (const id of ["name", "speed", "headway"] as const) this.#labels[id].textContent = words[id];
    show(this.#name, this.#named().name, busy);
    show(this.#speed, String(line.speed_kmh), busy);
    show(this.#headway, String(line.headway_min), busy);
    const off = { close: false, undo: !line.stops.length || busy, check: few || busy, run: !ready || busy, keep: !ready || busy, cancel: !busy };
    for (const [id, button] of Object.entries(this.#buttons) as [keyof typeof off, HTMLButtonElement][]) {
      button.textContent = words[id].replace("{city}", cityName(atlas, city, lang));
      button.disabled = off[id];
    }
    this.#buttons.keep.hidden = !this.#live.about.capabilities.save_scenarios;
    this.#buttons.cancel.hidden = !busy;
    this.#status.textContent = busy ? this.#progressText() : this.#said || (few ? words.few : ready ? this.#verdict() : words.first);
    this.#progress.hidden = !busy;
    if (this.#run?.total) [this.#progress.max, this.#progress.value] = [this.#run.total, this.#run.done];
    else this.#progress.removeAttribute("value");
    this.#rows.replaceChildren(...(ready ? this.#table() : []));
  }

  get #line(): DrawnLine {
    return this.#host.state.line ?? NO_LINE;
  }

  /** The line with the name that it is asked about under: another than those of lines computed before. */
  #named(): DrawnLine {
    const { atlas, lang } = this.#host;
    const line = this.#line;
    const taken = (name: string) => atlas.states.some((one) => one.drawn && one.label.en === name && one.id !== lineId({ ...line, name }));
    const name = line.name || WORDS[lang].usual;
    if (!taken(name)) return { ...line, name };
    const bare = name.replace(/\s*\d+$/, "");
    for (let n = 2; ; n += 1) {
      const next = `${bare}${lang === "zh" ? "" : " "}${n}`;
      if (!taken(next)) return { ...line, name: next };
    }
  }

  #positions({ stops }: DrawnLine): number[] {
    return stops.map((stop) => this.#host.atlas.station_ids.indexOf(stop));
  }

  #stationName(at: number): string {
    const [name, english] = this.#host.atlas.stations[at]!;
    return this.#host.lang === "zh" ? shortName(name) : (english ?? name);
  }

  #pick(found: Found): void {
    if (found.kind === "station") this.#add(found.index);
    else this.#addCity(found.index);
  }

  #addCity(city: number): void {
    const { atlas, lang } = this.#host;
    const station = principalStation(atlas, city);
    const name = cityName(atlas, city, lang);
    if (station === null) this.#say(WORDS[lang].bare.replace("{city}", name));
    else this.#add(station, WORDS[lang].added.replace("{city}", name).replace("{station}", this.#stationName(station)));
  }

  #add(station: number, said = ""): void {
    if (this.#run) return;
    const { atlas, lang } = this.#host;
    const { stops } = this.#line;
    const id = atlas.station_ids[station]!;
    if (stops[stops.length - 1] === id) this.#say(WORDS[lang].again.replace("{station}", this.#stationName(station)));
    else this.#change({ stops: [...stops, id] }, said);
  }

  #change(change: Partial<DrawnLine>, said = ""): void {
    this.#said = said;
    this.#host.commit({ line: { ...this.#line, ...change } });
    this.draw();
  }

  #say(said: string): void {
    this.#said = said;
    this.draw();
  }

  async #check(): Promise<void> {
    const { atlas, lang, city } = this.#host;
    const line = this.#named();
    this.#checked = "";
    this.#change({ name: line.name }, WORDS[lang].checking);
    try {
      this.#found = { check: await this.#live.check(askOf(line, atlas), atlas.cities[city]!.id), city };
      this.#checked = lineId(line);
      this.#say("");
    } catch (problem) {
      this.#say(messageOf(problem));
    }
    if (this.open && !this.#buttons.run.disabled) this.#buttons.run.focus();
  }

  /** "Cities: 12 faster, 1 slower, 27 the same.": all cities, and those that change stand in the rows below. */
  #verdict(): string {
    if (!this.#found) return "";
    const { check, city } = this.#found;
    const { atlas, lang } = this.#host;
    const words = WORDS[lang];
    const counted = Object.entries(words.verdicts).flatMap(([verdict, text]) => (check.counts[verdict] ? [text.replace("{n}", String(check.counts[verdict]))] : []));
    const counts = counted.join(words.comma);
    return changed(check).length ? `${words.cities}${counts}${words.stop}` : words.none.replace("{city}", cityName(atlas, city, lang)).replace("{counts}", counts);
  }

  #table(): HTMLElement[] {
    const { atlas, lang } = this.#host;
    const words = WORDS[lang];
    const rows = this.#found ? changed(this.#found.check) : [];
    if (!this.#found || !rows.length) return [];
    const time = (value: number | "inf" | null) => (typeof value === "number" ? formatBrief(value, "s", lang) : "–");
    const name = (id: string) => cityName(atlas, atlas.cities.findIndex((one) => one.id === id), lang);
    const typical = atlas.measures.find((one) => one.unit === "s")!;
    const verdict = (row: (typeof rows)[number]) => {
      if (row.verdict === "newly reachable") return words.new;
      if (row.verdict === "no longer reachable") return words.lost;
      const found = change(row.before_s as number, row.after_s as number, typical);
      return found.kind === "value" ? formatBriefChange(found.value, "s", lang) : "";
    };
    const head = [words.to, words.before, words.after, words.change].map((text) => el("th", { scope: "col" }, text));
    return [
      el(
        "table",
        { class: "plain" },
        el("caption", {}, words.from.replace("{city}", cityName(atlas, this.#found.city, lang))),
        el("thead", {}, el("tr", {}, ...head)),
        el("tbody", {}, ...rows.map((row) => el("tr", { "data-city": row.to_id }, el("th", { scope: "row" }, name(row.to_id)), el("td", {}, time(row.before_s)), el("td", {}, time(row.after_s)), el("td", {}, verdict(row))))),
      ),
    ];
  }

  async #keep(): Promise<void> {
    const { atlas, lang } = this.#host;
    const line = this.#named();
    const at = this.#positions(line);
    const ends = [at[0]!, at[at.length - 1]!].map((one) => atlas.stations[one]![1] ?? "");
    try {
      const kept = await this.#live.keep(fileName(line.name, ends), askOf(line, atlas));
      this.#say(WORDS[lang].kept.replace("{name}", kept.name));
    } catch (problem) {
      this.#say(messageOf(problem));
    }
  }

  async #compute(line: DrawnLine): Promise<void> {
    const { atlas } = this.#host;
    const measures = atlas.measures.filter((one) => one.tables.includes("stop_times") && Object.keys(one.values).length).map((one) => one.name);
    const starting: RunState = { id: "", state: "running", done: 0, total: 0, eta_s: null, message: null, result: null, error: null };
    this.#run = starting;
    this.#heardAt = Date.now();
    this.#said = "";
    this.draw();
    this.#buttons.cancel.focus();
    try {
      const run = await this.#live.start(askOf(line, atlas), measures);
      if (this.#run !== starting) {
        // it was cancelled before the server had answered
        void this.#live.cancel(run.id);
        return;
      }
      this.#timer = window.setInterval(() => this.draw(), TICK_MS);
      this.#heard(run, line);
      if (this.#run) this.#stop = this.#live.follow(run.id, (said) => this.#heard(said, line));
    } catch (problem) {
      this.#over(messageOf(problem));
    }
  }

  #heard(run: RunState, line: DrawnLine): void {
    this.#run = run;
    this.#heardAt = Date.now();
    if (run.state === "done") {
      void this.#live.run(run.id).then(
        (whole) => {
          this.#over("");
          if (whole.result) this.#host.added(addState(this.#host.atlas, whole.result, line));
        },
        (problem: unknown) => this.#over(messageOf(problem)),
      );
    } else if (run.state === "failed" || run.state === "cancelled") this.#over(run.error?.error ?? WORDS[this.#host.lang].cancelled);
    else this.draw();
  }

  #progressText(): string {
    const words = WORDS[this.#host.lang];
    const run = this.#run!;
    if (run.state === "waiting") return words.waiting;
    if (!run.total) return words.starting;
    const left = run.eta_s === null ? null : Math.ceil(run.eta_s - (Date.now() - this.#heardAt) / 1000);
    const eta = left === null ? "" : words.eta.replace("{s}", String(Math.max(1, left)));
    return words.progress.replace("{done}", String(run.done)).replace("{total}", String(run.total)).replace("{eta}", `${eta}${words.stop}`);
  }

  #cancel(): void {
    this.#abandon();
    this.#over(WORDS[this.#host.lang].cancelled);
    this.#buttons.run.focus();
  }

  #abandon(): void {
    if (this.#run?.id) void this.#live.cancel(this.#run.id);
    this.#stop();
    this.#run = null;
  }

  #over(said: string): void {
    this.#stop();
    this.#stop = () => {};
    window.clearInterval(this.#timer);
    this.#run = null;
    this.#said = said;
    if (said) this.#host.gaveUp();
    this.draw();
  }
}

function show(input: HTMLInputElement, value: string, off: boolean): void {
  // what is being typed is not overwritten
  if (document.activeElement !== input) input.value = value;
  input.disabled = off;
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}

/** Rows of a check whose city is reached otherwise than before, most gained first. */
export function changed(check: Pick<Check, "rows">): Check["rows"] {
  const order = (row: Check["rows"][number]) => (row.verdict === "newly reachable" ? -Infinity : row.verdict === "no longer reachable" ? Infinity : (row.difference_s ?? 0));
  return check.rows.filter((row) => row.verdict !== "same" && row.verdict !== "unreachable").sort((a, b) => (order(a) === order(b) ? 0 : order(a) - order(b)));
}

/** Name that a file may have: of the scenario, or of the stations at both ends where that has no Latin letters. */
export function fileName(name: string, ends: readonly string[]): string {
  const plain = (text: string) => text.normalize("NFD").toLowerCase().replace(/[\u0300-\u036f]/g, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64);
  return (/[a-z]/i.test(name) && plain(name)) || plain(ends.join(" ")) || "drawn-line";
}

/** Put what a run found into the data of the page, as a state like one that ships. */
export function addState(atlas: Atlas, result: RunResult, line: DrawnLine): RegionState {
  const asked = askOf(line, atlas);
  const edit = asked.scenario.edits[0]!;
  const stops = line.stops.map((stop) => atlas.station_ids.indexOf(stop));
  const before = atlas.states.find((one) => one.kind === "year" && one.year === asked.year && one.timetable)!;
  const trains = Math.round((2 * SERVICE_H * 3600) / edit.headway_s);
  const drawn = stops.slice(1).map((to, at): [number, number, 0 | 1 | 2, number] => [stops[at]!, to, 1, trains]);
  const id = lineId(line);
  const known = atlas.states.find((one) => one.id === id);
  if (known) return known;
  const state: RegionState = {
    ...before,
    id,
    kind: "scenario",
    label: { en: asked.scenario.name, zh: asked.scenario.name },
    before: before.id,
    comment: "",
    drawn: asked,
    lines: [...before.lines, ...drawn],
    line_change: drawn.map(([from, to, group, count]) => [from, to, group, 0, count]),
  };
  atlas.states.push(state);
  const changed: string[] = [];
  for (const found of result.measures) {
    const measure = atlas.measures.find((one) => one.name === found.name);
    for (const [variant, held] of Object.entries(found.values)) {
      const after = held["scenario"];
      const values = measure?.values[variant];
      if (!values || !after) continue;
      const { same, ...about } = after;
      values[id] = { ...about, values: (same ? held[same]?.values : after.values) ?? [] };
      if (same !== "base") changed.push(found.name);
    }
  }
  const { name } = asked.scenario;
  atlas.questions.push({ id: `scenario-${id}`, words: { en: `What would “${name}” change?`, zh: `“${name}”会改变什么？` }, measures: [...new Set(changed.length ? changed : result.measures.map((one) => one.name))].sort((a, b) => Number(b === "typical_time") - Number(a === "typical_time")), opens: { state: id, compare: "difference" } });
  return state;
}
