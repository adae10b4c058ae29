import { expect, it } from "vitest";
import { mostChanged } from "../src/headline";
import { Model } from "../src/model";
import { stateRows } from "../src/state_table";
import { defaultState } from "../src/state";
import { atlas, measure } from "./fixture";

const base = { key: null, status: "confirmed" as const, scenario: null, parameters: {}, settings: {}, inputs: [] };
const value = measure("reached", "value", "cities", "more", { "": { 2012: { ...base, values: [11] }, 2019: { ...base, values: [13], details: { hub: "1" } }, plan: { ...base, same: "2019" } } });
const always = measure("length", "value", "km", "more", { "": { always: { ...base, values: [412], details: { without_length: 5 } } } });
const model = new Model({ ...atlas, measures: [...atlas.measures, value, always] });
const start = defaultState(atlas, "en");

it("has a row for each year and scenario of a measure with one value", () => {
  const rows = stateRows(model, model.lens({ ...start, measure: "reached" })!, "en");
  expect(rows.map((row) => [row.name, row.value, row.detail, row.chosen])).toEqual([["2012", "11\u00a0cities", "", false], ["2019", "13\u00a0cities", "from Alpha", true], ["the plan", "13\u00a0cities", "", false]]);
});

it("says that a sum without the lines of unknown length is the least that it can be", () => {
  const [row] = stateRows(model, model.lens({ ...start, measure: "length" })!, "zh");
  expect(row).toMatchObject({ name: "length", value: "412公里", detail: "至少；另有5条线路长度未知，按0计" });
});

it("finds the pair that a scenario changes most", () => {
  expect(mostChanged(model, model.lens({ ...start, measure: "fastest_train", state: "plan", compare: "difference" })!)).toEqual([0, 1]);
  expect(mostChanged(model, { ...model.lens({ ...start, measure: "fastest_train", state: "plan" })!, difference: false, now: null })).toBeNull();
});
