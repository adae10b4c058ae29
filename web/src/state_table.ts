/** The table twin of a measure with one value for the region: a row a year and scenario. */
import { el } from "./dom";
import { capital, choiceText, describe } from "./headline";
import { ALWAYS, type Lens, type Model } from "./model";
import type { Lang } from "./state";
import { detailText, say, stateName } from "./words";

export interface StateRow {
  name: string;
  value: string;
  /** What the value is of, where it says more than the measure. */
  detail: string;
  chosen: boolean;
}

export function stateRows(model: Model, lens: Lens, lang: Lang): StateRow[] {
  const { measure } = lens;
  const states = model.statesOf(measure, true);
  if (measure.change && measure.choice && lens.now) {
    return model.choices(lens).map(([variant]) => {
      const one: Lens = { ...lens, variant };
      return { name: choiceText(one, lang).replace(/[()（）]/g, "").trim(), value: describe(model.region(one), one, lang, "city"), detail: "", chosen: variant === lens.variant };
    });
  }
  const always = ALWAYS in (measure.values[lens.variant] ?? {});
  return (always ? [null] : states).map((now) => {
    const one: Lens = { ...lens, now, before: null, difference: false };
    return {
      name: now ? stateName(now, lang) : measure.title[lang],
      value: describe(model.region(one), one, lang, "city"),
      detail: detailText(model.atlas, model.held(one)?.details ?? {}, lang),
      chosen: now !== null && now.id === lens.now?.id,
    };
  });
}

export function stateTable(model: Model, lens: Lens, lang: Lang, evidence: HTMLElement): HTMLElement {
  const rows = stateRows(model, lens, lang).map(({ name, value, detail, chosen }) =>
    el("tr", { class: chosen ? "chosen" : "" }, el("th", { scope: "row" }, name, detail ? " " : null, detail ? el("span", { class: "note" }, detail) : null), el("td", {}, value)),
  );
  const { choice } = lens.measure;
  const first = lens.measure.change && choice ? capital(choice.about[lang]) : say(lang, lens.now ? "stateColumn" : "measure");
  const heads = [first, say(lang, "value")].map((title, at) => el("th", { scope: "col", class: at ? "number" : "" }, title));
  return el("div", { class: "table-holder" }, el("table", { class: "states" }, el("caption", {}, lens.measure.change ? lens.measure.title[lang] : lens.now ? say(lang, "captionStates", { measure: lens.measure.title[lang] }) : say(lang, "table"), " ", evidence), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)));
}
