/** A city in figures: every measure of cities, with its place among all and what it rests on. */
import { el } from "./dom";
import { choiceText } from "./headline";
import { evidenceButton } from "./legend";
import type { Lens, Model } from "./model";
import { describe } from "./headline";
import type { State } from "./state";
import { cityName, say, stateName } from "./words";

export function profileSection(model: Model, state: State, city: number, open: (lens: Lens) => void): HTMLElement[] {
  const { lang } = state;
  const rows = model.atlas.measures.flatMap((measure) => {
    if (measure.shape !== "city") return [];
    const lens = model.lens({ ...state, measure: measure.name, choice: "", compare: "none" });
    if (!lens) return [];
    const reading = model.city(lens, city);
    const rank = model.rank(lens, city);
    const status = model.status(lens, city);
    return [
      el(
        "div",
        {},
        el("dt", {}, `${measure.title[lang]}${choiceText(lens, lang)}`, lens.now ? el("span", { class: "small" }, ` ${stateName(lens.now, lang)}`) : null),
        el(
          "dd",
          {},
          el("span", { class: status && status !== "confirmed" ? `doubtful ${status}` : "", title: status && status !== "confirmed" ? say(lang, `status_${status}`) : null }, describe(reading, lens, lang, "city")),
          rank ? el("span", { class: "small rank" }, ` ${say(lang, "rank", { place: rank.place, of: rank.of })}`) : null,
          " ",
          evidenceButton(lang, () => open(lens)),
        ),
      ),
    ];
  });
  if (!rows.length) return [];
  return [el("div", { class: "section-head" }, el("h2", {}, say(lang, "profile", { city: cityName(model.atlas, city, lang) }))), el("dl", { class: "profile" }, ...rows)];
}
