import { describe, expect, it } from "vitest";
import type { Measure } from "../src/contract";
import { addState, fileName } from "../src/line_editor";
import type { LineEdit, RunResult } from "../src/live";
import { Model } from "../src/model";
import { defaultState, openQuestion, questionsOf } from "../src/state";
import { atlas as bare } from "./fixture";

const edit: LineEdit = { kind: "add_line", name: "Lake line", feed_ids: ["f"], mode: 2, line_id: "x", stops: ["s0", "s1"], speed_kmh: 160, dwell_s: 60, headway_s: 1200, start: "06:00", end: "22:00" };

describe("a line that was drawn", () => {
  it("becomes a state like one that ships, with a question of its own", () => {
    const atlas = structuredClone(bare);
    atlas.stations = [["甲", "A", 121, 30, 0], ["乙", "B", 122, 30, 1]];
    const about = { key: "k", status: "illustrative" as const, scenario: "Lake line", parameters: {}, settings: {}, inputs: [] };
    const fast: Measure = { ...atlas.measures[0]!, values: { "": { base: { ...about, values: [null, 2700, "inf", 2700, null, "inf", null, null, null] }, scenario: { ...about, values: [null, 1800, "inf", 2700, null, "inf", null, null, null] } } } };
    const same: Measure = { ...atlas.measures[2]!, values: { "": { base: { ...about, values: [null, 163, 1, 162, null, 0, null, null, null] }, scenario: { ...about, same: "base" } } } };
    const result: RunResult = { cities: [], scenario: { name: "Lake line", id: "i" }, measures: [fast, same] };
    const state = addState(atlas, result, { scenario: { name: "Lake line", edits: [edit] }, year: 2019 }, [0, 1], 1);
    expect(state).toMatchObject({ id: "drawn-1", kind: "scenario", before: "2019", line_change: [[0, 1, 1, 0, 96]] });
    const question = questionsOf(atlas).find((one) => one.id === "scenario-drawn-1")!;
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
