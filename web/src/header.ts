/** The bar at the top: region, question, the switch of states, search, language and more. */
import type { Atlas } from "./contract";
import { el } from "./dom";
import type { Model } from "./model";
import { ISOCHRONE, STORY, questionsOf, type State } from "./state";
import { say, stateName } from "./words";

export interface HeaderHandlers {
  commit(change: Partial<State>): void;
  ask(question: string): void;
  more(): void;
}

type Option = [key: string, text: string, title?: string];

export function radios(name: string, legend: string, options: Option[], value: string, pick: (value: string) => void): HTMLElement {
  return el(
    "fieldset",
    { class: `switch ${name}` },
    el("legend", { class: "unseen" }, legend),
    ...options.flatMap(([key, text, title]) => {
      const id = `${name}-${key}`;
      return [el("input", { type: "radio", name, id, value: key, checked: key === value, onchange: () => pick(key) }), el("label", { for: id, title: title ?? null }, text)];
    }),
  );
}

export class Header {
  readonly element: HTMLElement;
  readonly #left = el("div", { class: "bar-left" });
  readonly #switch = el("div", { class: "bar-switch" });
  readonly #right = el("div", { class: "bar-right" });
  readonly #handlers: HeaderHandlers;

  /** The search field stays in its place while all else is drawn again, so that it keeps the focus. */
  constructor(search: HTMLElement, handlers: HeaderHandlers) {
    this.#handlers = handlers;
    this.element = el("header", { class: "bar" }, this.#left, this.#switch, search, this.#right);
  }

  draw(model: Model, state: State): void {
    const { atlas } = model;
    const { lang } = state;
    const handlers = this.#handlers;
    const focused = this.element.contains(document.activeElement) ? (document.activeElement as HTMLElement).id : "";
    const { en, zh } = atlas.title;
    this.#left.replaceChildren(
      el("h1", {}, el("span", { class: "brand" }, "megaregion"), el("span", { class: "region" }, lang === "zh" ? zh : en), en === zh ? null : el("span", { class: "region-other" }, lang === "zh" ? en : zh)),
      el(
        "select",
        { id: "question", class: "question", "aria-label": say(lang, "question"), onchange: (event) => handlers.ask((event.target as HTMLSelectElement).value) },
        ...questionsOf(atlas).map((one) => el("option", { value: one.id, selected: one.id === state.question }, one.words[lang])),
      ),
    );
    this.#switch.replaceChildren(...stateSwitch(atlas, model, state, handlers));
    this.#right.replaceChildren(
      el("button", { type: "button", id: "lang", class: "lang", lang: lang === "zh" ? "en" : "zh-CN", "aria-label": say(lang, "languageLabel"), onclick: () => handlers.commit({ lang: lang === "zh" ? "en" : "zh" }) }, say(lang, "language")),
      el("button", { type: "button", id: "more", class: "more", "aria-label": say(lang, "more"), title: say(lang, "more"), onclick: () => handlers.more() }, "⋯"),
    );
    if (focused && focused !== "search") document.getElementById(focused)?.focus();
  }
}

/** then | now | scenario | difference: first and last year, the scenarios, and what is between what is looked at and before. */
function stateSwitch(atlas: Atlas, model: Model, state: State, handlers: HeaderHandlers): HTMLElement[] {
  const { lang } = state;
  if (state.question === STORY) return [];
  const isochrone = state.measure === ISOCHRONE;
  const measure = model.measure(state.measure);
  const keys = atlas.isochrones?.states.map((one) => one.key) ?? [];
  const states = isochrone ? atlas.states.filter((one) => one.kind !== "base" && keys.includes(one.id)) : measure ? model.statesOf(measure) : [];
  const years = states.filter((one) => one.kind === "year");
  const ends = years.length > 1 ? [years[0]!, years[years.length - 1]!] : years;
  const now = isochrone ? (states.find((one) => one.id === state.state) ?? ends[ends.length - 1]) : measure ? model.nearest(measure, state.state) : null;
  const shown = [...ends, ...states.filter((one) => one.kind === "scenario")];
  if (now && !shown.includes(now)) shown.splice(1, 0, now);
  if (shown.length < 2) return [];
  const options: Option[] = shown.map((one) => [one.id, stateName(one, lang), one.comment || undefined] as Option);
  options.push(["difference", say(lang, "difference")]);
  const value = state.compare === "difference" ? "difference" : (now?.id ?? "");
  const pick = (key: string) => handlers.commit(key === "difference" ? { compare: "difference" } : { state: key, compare: state.compare === "swipe" ? "swipe" : "none" });
  const parts = [radios("state", say(lang, "view"), options, value, pick)];
  if (state.compare === "difference" && shown.length > 2) {
    // which difference: of each state that has something before it
    const compared = shown.filter((one) => one !== ends[0]);
    const before = (id: string) => (isochrone ? compared.find((one) => one.id === id)?.before : measure && model.comparison(measure, model.state(id)!)?.[0].id) ?? null;
    const name = (id: string) => {
      const was = model.state(before(id));
      // a scenario says by its own name what it is compared with
      if (was?.kind === "base") return stateName(model.state(id)!, lang);
      return `${was ? stateName(was, lang) : ""} → ${stateName(model.state(id)!, lang)}`;
    };
    const chosen = compared.some((one) => one.id === now?.id) ? now!.id : ends[ends.length - 1]!.id;
    parts.push(
      el(
        "select",
        { id: "pair", class: "pair", "aria-label": say(lang, "difference"), onchange: (event) => handlers.commit({ state: (event.target as HTMLSelectElement).value }) },
        ...compared.map((one) => el("option", { value: one.id, selected: one.id === chosen }, name(one.id))),
      ),
    );
  }
  return parts;
}
