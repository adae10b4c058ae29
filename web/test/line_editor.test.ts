import { describe, expect, it } from "vitest";
import type { Measure } from "../src/contract";
import { askOf, lineId, missingLine, principalStation, type DrawnLine } from "../src/line";
import { addState, changed, fileName } from "../src/line_editor";
import type { RunResult } from "../src/live";
import { Model } from "../src/model";
import { defaultState, formatHash, openQuestion, parseHash, questionsOf } from "../src/state";
import { atlas as bare } from "./fixture";

const line: DrawnLine = { name: "Lake line", stops: ["rail:甲", "b,1%"], speed_kmh: 160, headway_min: 20 };
const id = lineId(line);

function withStations() {
  const atlas = structuredClone(bare);
  atlas.stations = [["甲", "A", 121, 30, 0], ["乙", "B", 122, 30, 1], ["甲南", "A South", 121, 29.9, 0]];
  atlas.station_ids = ["rail:甲", "b,1%", "rail:甲南"];
  atlas.station_calls = [7, 0, 12];
  return atlas;
}

describe("a line that was drawn", () => {
  it("becomes a state like one that ships, with a question of its own", () => {
    const atlas = withStations();
    const about = { key: "k", status: "illustrative" as const, scenario: "Lake line", parameters: {}, settings: {}, inputs: [] };
    const fast: Measure = { ...atlas.measures[0]!, values: { "": { base: { ...about, values: [null, 2700, "inf", 2700, null, "inf", null, null, null] }, scenario: { ...about, values: [null, 1800, "inf", 2700, null, "inf", null, null, null] } } } };
    const same: Measure = { ...atlas.measures[2]!, values: { "": { base: { ...about, values: [null, 163, 1, 162, null, 0, null, null, null] }, scenario: { ...about, same: "base" } } } };
    const result: RunResult = { cities: [], scenario: { name: "Lake line", id: "i" }, measures: [fast, same] };
    const state = addState(atlas, result, line);
    expect(addState(atlas, result, line)).toBe(state);
    expect(state).toMatchObject({ id, kind: "scenario", before: "2019", line_change: [[0, 1, 1, 0, 96]] });
    const question = questionsOf(atlas).find((one) => one.id === `scenario-${id}`)!;
    expect(question).toMatchObject({ measures: ["fastest_train"], words: { zh: "“Lake line”会改变什么？" } });
    const opened = openQuestion(atlas, question.id, defaultState(atlas, "en"));
    const model = new Model(atlas);
    expect(model.pair(model.lens(opened)!, 0, 1)).toEqual({ kind: "value", value: -900 });
    // what did not change has the values of the base
    expect(model.entry(model.lens({ ...opened, measure: "direct_trains", compare: "none" })!, 0, 1)).toBe(163);
  });
});

it("names a file after the scenario, or after its stations", () => {
  expect(fileName("New line 2", ["Shanghai", "Nanjing"])).toBe("new-line-2");
  expect(fileName("新线路2", ["Shanghai Hongqiao", "Lü'an"])).toBe("shanghai-hongqiao-lu-an");
  expect(fileName("新线路", ["", ""])).toBe("drawn-line");
});

describe("the address of a line", () => {
  it("holds stations, speed, headway and name, and asks for what the page does not have", () => {
    const atlas = withStations();
    const state = { ...defaultState(atlas, "en"), editing: true, line };
    const hash = formatHash(state, atlas);
    expect(parseHash(hash, atlas, defaultState(atlas, "en"))).toEqual(state);
    expect(missingLine(hash, atlas)).toBeNull();
    const shown = `#q=scenario-${id}&state=${id}&${hash.slice(hash.indexOf("line="))}`;
    expect(missingLine(shown, atlas)).toEqual(line);
    expect(missingLine(shown.replace("speed=160", "speed=161"), atlas)).toBeNull();
  });
  it("falls back where it is wrong", () => {
    const atlas = withStations();
    const read = (hash: string) => parseHash(hash, atlas, defaultState(atlas, "en")).line;
    expect(read("#lang=en")).toBeNull();
    expect(read("#line=x,rail:甲&speed=9999&headway=-1&name=")).toEqual({ name: "", stops: ["rail:甲"], speed_kmh: 160, headway_min: 20 });
  });
  it("is a scenario of one edit for the server", () => {
    expect(askOf(line, withStations())).toEqual({
      scenario: { name: "Lake line", edits: [{ kind: "add_line", name: "Lake line", feed_ids: ["f"], mode: 2, line_id: id, stops: line.stops, speed_kmh: 160, dwell_s: 60, headway_s: 1200, start: "06:00", end: "22:00" }] },
      year: 2019,
    });
  });
});

it("takes the station where most trains call for its city", () => {
  expect([0, 1, 2].map((city) => principalStation(withStations(), city))).toEqual([2, null, null]);
});

it("shows every city that changes, and none that does not", () => {
  const row = (to_id: string, verdict: string, difference_s: number | null) => ({ to_id, before_s: 1, after_s: 1, difference_s, verdict });
  const rows = [row("a", "same", -30), row("b", "slower", 120), row("c", "faster", -90), row("d", "newly reachable", null), row("e", "unreachable", null), row("f", "no longer reachable", null), row("g", "faster", -900)];
  expect(changed({ rows }).map((one) => one.to_id)).toEqual(["d", "g", "c", "b", "f"]);
});
