import { describe, expect, it } from "vitest";
import type { Atlas } from "../src/contract";
import { ISOCHRONE, defaultState, formatHash, openQuestion, parseHash, questionsOf, type State } from "../src/state";
import { atlas } from "./fixture";

const whole: Atlas = {
  ...atlas,
  isochrones: { file: "f.js", cutoffs_min: [15, 180], percentiles: [5, 50, 95], percentile: 50, outside_km: 100, tolerance: 0.04, definition: { en: "", zh: "" }, window_s: [0, 1], stations: 1, ground: { fixed_s: 0, speed_m_s: 1, detour: 1, max_time_s: 1, en: "", zh: "" }, states: [], start: null },
  claims: [{ id: "c", statement: { en: "", zh: "" }, claimant: { who: { en: "", zh: "" }, date: null }, verdict: "confirmed", value: null, claimed: null, tolerance: null, unit: null, status: null, explanation: { en: "", zh: "" }, needs: null, measure: null, parameters: {}, sources: [], variants: [], provenance: {} }],
};
const start = defaultState(atlas, "en");

describe("hash", () => {
  it("comes back as it was written, for every combination", () => {
    for (const question of questionsOf(whole))
      for (const measure of question.measures)
        for (const state of ["2012", "2021", "plan"])
          for (const compare of ["none", "difference", "swipe"] as const)
            for (const [city, to] of [[null, null], [0, null], [2, 1]] as const)
              for (const more of [{}, { flows: true, top: 55, lang: "zh" as const }, { view: [7.25, 120.5, 31.25] as [number, number, number] }]) {
                const one: State = { ...defaultState(whole, "en"), question: question.id, measure, state, compare, city, to, ...more };
                expect(parseHash(formatHash(one, whole), whole, defaultState(whole, "en"))).toEqual(one);
              }
  });
  it("keeps the point, the cut-off and the percentile of isochrones, the choice and the swipe", () => {
    const point: State = { ...defaultState(whole, "zh"), question: "reach", measure: ISOCHRONE, point: [120.1234, 31.5], cutoff: 95, percentile: 95, compare: "swipe", swipe: 33 };
    expect(formatHash(point, whole)).toContain("point=120.1234,31.5000");
    expect(parseHash(formatHash(point, whole), whole, defaultState(whole, "en"))).toEqual(point);
    const choice: State = { ...start, question: "weight", measure: "within", choice: "60" };
    expect(parseHash(formatHash(choice, atlas), atlas, start)).toEqual(choice);
  });
  it("ignores what the region does not have", () => {
    expect(parseHash("#q=x&state=1999&measure=speed&lang=fr&city=77&to=2&compare=blink&top=4&swipe=101&cutoff=a&p=7&point=400,1&map=99/1/1&choice=z&flows=2", atlas, start)).toEqual(start);
    expect(parseHash("#city=1&to=1", atlas, start)).toMatchObject({ city: 0, to: null });
    expect(parseHash("", atlas, start)).toEqual(start);
    expect(parseHash("#state=plan-base", atlas, start).state).toBe("2019");
    expect(parseHash("#measure=isochrone", atlas, start).measure).toBe("fastest_train");
    expect(parseHash("#q=story", atlas, start).question).toBe("everywhere");
  });
  it("starts with the first question and the last timetable", () => {
    expect(start).toMatchObject({ question: "everywhere", measure: "fastest_train", state: "2019", compare: "none", top: 30 });
  });
  it("opens a question without a state as the list of questions does", () => {
    const opened = openQuestion(atlas, "metro", start);
    expect(opened).toMatchObject({ state: "plan", compare: "difference" });
    expect(parseHash("#q=metro", atlas, start)).toEqual(opened);
    expect(parseHash("#q=metro&state=1999", atlas, start)).toEqual(opened);
    expect(parseHash("#q=metro&compare=swipe", atlas, start)).toMatchObject({ state: "plan", compare: "swipe" });
    expect(parseHash("#q=metro&state=2012", atlas, start)).toMatchObject({ state: "2012", compare: "none" });
  });
  it("finds the question of a measure", () => {
    expect(parseHash("#measure=gdp", atlas, start)).toMatchObject({ question: "weight", measure: "gdp" });
  });
});

describe("questions", () => {
  it("open with what they are about", () => {
    expect(openQuestion(atlas, "metro", { ...start, city: 1 })).toMatchObject({ measure: "fastest_train", state: "plan", compare: "difference", city: 1 });
    expect(openQuestion(atlas, "weight", { ...start, state: "plan", compare: "difference" })).toMatchObject({ measure: "gdp", state: "2019", compare: "none" });
    expect(openQuestion(atlas, "none", start)).toBe(start);
  });
});
