import { describe, expect, it } from "vitest";
import type { Atlas, StateValues } from "../src/contract";
import { gainSentence, mapped, seen } from "../src/gains";
import { headline } from "../src/headline";
import { Model } from "../src/model";
import { drawScene, tableRows } from "../src/scene";
import { defaultState, questionsOf, type State } from "../src/state";
import { atlas, measure } from "./fixture";

const plain = (text: string): string => text.replace(/\u00a0/g, " ");
const held = (values: number[], details?: Record<string, unknown>): StateValues => ({ values, key: "k", status: "illustrative", scenario: "plan", parameters: {}, settings: {}, inputs: [], ...(details ? { details } : {}) });
const people = measure("people_gaining", "value", "person", "more", {
  "20": { plan: held([3_000_000], { of_people: 3_400_000, zones: 1, person_pair_share: 0.25, mean_gain_s: 150, minutes: 20 }) },
}, { change: true, default: "20", choice: { name: "minutes", about: { en: "gain", zh: "缩短" }, values: [20] } });
const zones = measure("zone_gains", "zone", "s", "more", { "": { plan: held([1200, 60]) } }, { change: true });
const asked: Atlas = { ...atlas, questions: [{ id: "metro", words: { en: "What if?", zh: "如果？" }, measures: ["people_gaining", "zone_gains", "fastest_train"], opens: { state: "plan", compare: "difference" } }], measures: [...atlas.measures, people, zones] };
const model = new Model(asked);
const state: State = { ...defaultState(asked, "en"), question: "metro", measure: "people_gaining", state: "plan", compare: "difference", city: 1 };

describe("what a scenario changes for people", () => {
  it("answers in people and minutes, and says what is assumed", () => {
    const lens = model.lens(state)!;
    expect(lens.difference).toBe(false);
    const words = headline(model, lens, state);
    expect(plain(words.figure)).toBe("3 million people");
    expect(words.status).toBe("illustrative");
    expect(plain(words.sentence)).toMatch(/^3\.0 million of 3\.4 million people live in zones that come 20 min or more nearer .* 25(\.0)? ?% gain as much; the mean is 2\.5 min\.$/);
    expect(gainSentence(model, lens, "zh")).toContain("平均缩短2.5分钟");
    expect(gainSentence(model, model.lens({ ...state, measure: "fastest_train" })!, "en")).toBe("");
  });

  it("shows the zones that the people live in, as discs that grow with people", () => {
    const lens = model.lens(state)!;
    const drawn = mapped(model, lens);
    expect(drawn.measure.name).toBe("zone_gains");
    expect(mapped(model, model.lens({ ...state, measure: "fastest_train" })!).measure.name).toBe("fastest_train");
    const { scene } = drawScene(model.of(drawn), drawn, seen(state, drawn));
    expect(scene.zones!.map((zone) => zone.id)).toEqual(["11", "21"]);
    expect(scene.values).toEqual(["20", "1"]);
    expect(scene.city).toBe(null);
  });

  it("lists zones with their people in the table", () => {
    const lens = model.lens({ ...state, measure: "zone_gains" })!;
    const { columns, rows } = tableRows(model.of(lens), lens, seen(state, lens));
    expect(columns.map((column) => column.title)).toEqual(["Zone", "the plan", "People"]);
    expect(rows.map((row) => row.cells.map((cell) => plain(cell.text)))).toEqual([["East Alpha", "20 min", "3.0 million"], ["South Beta", "1 min", "400,000"]]);
  });

  it("stands before the land that is reached from a point", () => {
    const isochrones = { states: [{ key: "plan" }] } as unknown as Atlas["isochrones"];
    const of = (one: Atlas) => questionsOf(one).find((question) => question.id === "metro")!.measures;
    expect(of({ ...asked, isochrones })).toEqual(["people_gaining", "zone_gains", "fastest_train", "isochrone"]);
    expect(of({ ...atlas, isochrones })).toEqual(["isochrone", "fastest_train"]);
  });
});
