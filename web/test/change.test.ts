import { describe, expect, it } from "vitest";
import type { Entry, StateValues } from "../src/contract";
import { formatSigned } from "../src/format";
import { mapped } from "../src/gains";
import { headline } from "../src/headline";
import { Model } from "../src/model";
import { scaleOf } from "../src/scene";
import { stateRows } from "../src/state_table";
import { defaultState, type State } from "../src/state";
import { cityTip } from "../src/tip_words";
import { atlas, measure } from "./fixture";

const held = (values: Entry[], low?: Entry[], high?: Entry[]): StateValues => ({ values, ...(low && high ? { low, high } : {}), key: null, status: "illustrative", scenario: null, parameters: {}, settings: {}, inputs: [] });
const own = { palette: "diverging", question: "gains" };
const measures = [
  measure("welfare", "value", "share", "more", { "": { 2019: held([0.0079], [0.0012], [0.0277]) } }, own),
  measure("people", "city", "share", "", { "": { 2019: held([0.057, -0.0042, null], [0.016, -0.01, null], [0.098, 0.0003, null]) } }, own),
  measure("welfare_by_plan", "value", "share", "more", { "": { plan: held([0.0001]) } }, { ...own, change: true }),
  measure("people_by_plan", "city", "share", "", { "": { plan: held([0.0001, -0.0001, null]) } }, { ...own, change: true }),
];
const model = new Model({ ...atlas, measures, questions: [{ id: "gains", words: { en: "Who gains?", zh: "谁受益？" }, measures: measures.map((one) => one.name), opens: {} }] });
const at = (name: string, change: Partial<State> = {}, lang: "en" | "zh" = "en"): State => ({ ...defaultState(model.atlas, lang), question: "gains", measure: name, state: name.endsWith("plan") ? "plan" : "2019", compare: "single" as State["compare"], ...change });

describe("a measure whose values are changes", () => {
  it("writes them with their sign, and small ones with two figures", () => {
    expect([0.0569, -0.0042, 0.0000123, 0].map((value) => formatSigned(value, "share", "en"))).toEqual(["+5.7%", "\u22120.42%", "+0.0012%", "\u00b10%"]);
  });
  it("says its band in headline and tip", () => {
    const state = at("welfare");
    expect(headline(model, model.lens(state)!, state).sentence).toContain("+0.79% (between +0.12% and +2.8%)");
    const city = at("people", { city: 1 }, "zh");
    expect(headline(model, model.lens(city)!, city).sentence).toContain("\u22120.42%（介于 \u22121% 与 +0.03% 之间）");
    expect(cityTip(model, model.lens(at("people"))!, at("people"), 0)[1].join(" ")).toContain("+5.7%, between +1.6% and +9.8%");
    expect(cityTip(model, model.lens(at("people"))!, at("people"), 2)[1].join(" ")).not.toContain("between");
  });
  it("has colours on both sides of zero", () => {
    const { breaks, colours } = scaleOf(model, model.lens(at("people"))!, "cities");
    expect(colours).toHaveLength(breaks.length + 1);
    expect(breaks.length % 2).toBe(0);
    breaks.slice(0, breaks.length / 2).forEach((bound, index) => expect(bound).toBeCloseTo(-breaks[breaks.length - 1 - index]!, 4));
  });
  it("is seen in the cities where it has one value, by year and by scenario, and has a table without a choice", () => {
    expect(mapped(model, model.lens(at("welfare"))!).measure.name).toBe("people");
    const plan = model.lens(at("welfare_by_plan"))!;
    expect(mapped(model, plan).measure.name).toBe("people_by_plan");
    expect(stateRows(model, plan, "en").map((row) => row.value)).toEqual(["+0.01%"]);
  });
});
