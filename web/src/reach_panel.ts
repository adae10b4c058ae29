/** The switch of the reach of a station on the map, and its figures in the panel: the twin of what is drawn. */
import type { Atlas, Reach } from "./contract";
import { el } from "./dom";
import { MINUS } from "./format";
import { census, cutoffAt, figures, formatMinutes, formatSize, peopleCell, reachHeadline, stationName } from "./reach";
import { cutoffs, type State } from "./state";
import { say, timetableName } from "./words";

export interface ReachPick {
  (minutes: number | null): void;
}

/** A box to tick, and once it is ticked the cut-offs. */
export function reachSwitch(atlas: Atlas, reach: Reach, state: State, preferred: number, pick: ReachPick): HTMLElement[] {
  const { lang, reach: chosen } = state;
  const box = el("input", { type: "checkbox", id: "reach-on", checked: chosen !== null, onchange: (event) => pick((event.target as HTMLInputElement).checked ? preferred : null) });
  const title = el("label", { class: "reach-title", for: "reach-on" }, box, say(lang, "reach", { station: stationName(reach, lang) }));
  if (chosen === null) return [title];
  const choices = cutoffs(atlas).flatMap((minutes) => {
    const id = `reach-${minutes}`;
    return [el("input", { type: "radio", name: "reach", id, value: minutes, checked: minutes === chosen, onchange: () => pick(minutes) }), el("label", { for: id }, formatMinutes(minutes, lang))];
  });
  return [title, el("fieldset", { class: "switch reach" }, el("legend", { class: "unseen" }, say(lang, "reachWithin")), ...choices)];
}

/** Headline and table of the layer. */
export function reachSection(atlas: Atlas, reach: Reach, state: State, minutes: number, pick: ReachPick): HTMLElement[] {
  const { lang, year } = state;
  const words = reachHeadline(atlas, reach, state, minutes);
  const named = atlas.years
    .filter((one) => year === "difference" || one === year)
    .map((one) => timetableName(atlas.by_year[String(one)]!.feeds, one, lang))
    .join(year === "difference" ? " → " : "");
  return [
    ...(atlas.illustrative ? [el("p", { class: "warning" }, say(lang, "illustrative"))] : []),
    el("p", { class: "figure" }, words.figure),
    el("p", { class: "of" }, words.of),
    ...(words.then ? [el("p", { class: "then" }, words.then)] : []),
    el("p", { class: "sentence" }, words.sentence),
    el("p", { class: "small" }, named),
    table(atlas, reach, state, minutes, pick, say(lang, "reachArea"), (part, at) => {
      const size = figures(reach, part, at).area_km2;
      const area = formatSize(size, lang);
      return size < 0.05 ? "0" : part === "gained" ? `+${area}` : part === "lost" ? `${MINUS}${area}` : area;
    }),
    table(atlas, reach, state, minutes, null, say(lang, "reachPeople"), (part, at) => peopleCell(figures(reach, part, at), lang, part === "gained" ? "+" : part === "lost" ? MINUS : "")),
    el("p", { class: "small" }, say(lang, "reachPeopleNote", { census: census(atlas, lang) })),
  ];
}

function table(
  atlas: Atlas,
  reach: Reach,
  state: State,
  minutes: number,
  pick: ReachPick | null,
  caption: string,
  cell: (part: number | "gained" | "lost", at: number) => string,
): HTMLElement {
  const { lang, year } = state;
  const parts: (number | "gained" | "lost")[] = [...atlas.years, ...(atlas.years.length > 1 ? (["gained", "lost"] as const) : [])];
  const shown = (part: number | "gained" | "lost") => (year === "difference" ? typeof part === "string" : part === year);
  const head = parts.map((part) => el("th", { scope: "col", class: shown(part) ? "shown" : "" }, typeof part === "string" ? say(lang, part) : String(part)));
  const rows = cutoffs(atlas).map((cutoff) => {
    const chosen = cutoff === minutes;
    const text = formatMinutes(cutoff, lang);
    const name = pick
      ? el("button", { type: "button", id: `reach-row-${cutoff}`, "aria-pressed": String(chosen), onclick: () => pick(cutoff) }, text)
      : text;
    const at = cutoffAt(reach, cutoff);
    return el("tr", { class: chosen ? "chosen" : "" }, el("th", { scope: "row" }, name), ...parts.map((part) => el("td", { class: shown(part) ? "shown" : "" }, cell(part, at))));
  });
  return el(
    "table",
    { class: "reach-table" },
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, say(lang, "reachWithin")), ...head)),
    el("tbody", {}, ...rows),
  );
}
