/** The slider through the years and scenarios of a measure, with play; only where there are three or more. */
import type { RegionState } from "./contract";
import { el } from "./dom";
import type { Lang } from "./state";
import { say, stateName } from "./words";

const STEP_MS = 1400;
const FEW = 3;

export class Timeline {
  readonly element = el("div", { class: "timeline", hidden: true });
  readonly #pick: (state: string) => void;
  #states: RegionState[] = [];
  #at = 0;
  #timer = 0;
  #lang: Lang = "en";

  constructor(pick: (state: string) => void) {
    this.#pick = pick;
  }

  draw(states: RegionState[], now: RegionState | null, lang: Lang): void {
    this.#lang = lang;
    this.#states = states;
    this.#at = Math.max(0, states.findIndex((state) => state.id === now?.id));
    this.element.hidden = states.length < FEW || now === null;
    if (this.element.hidden) {
      this.stop();
      return;
    }
    const focused = document.activeElement?.id ?? "";
    const name = stateName(states[this.#at]!, lang);
    const slider = el("input", {
      type: "range",
      id: "time",
      min: "0",
      max: String(states.length - 1),
      step: "1",
      "aria-label": say(lang, "time"),
      "aria-valuetext": name,
      oninput: (event) => {
        this.stop();
        this.#pick(states[Number((event.target as HTMLInputElement).value)]!.id);
      },
    });
    slider.value = String(this.#at);
    const ticks = el("div", { class: "ticks", "aria-hidden": "true" }, ...states.map((state, at) => el("span", { class: at === this.#at ? "shown" : "" }, stateName(state, lang))));
    this.element.replaceChildren(
      el("button", { type: "button", id: "play", "aria-label": say(lang, this.#timer ? "pause" : "play"), title: say(lang, this.#timer ? "pause" : "play"), onclick: () => this.#toggle() }, this.#timer ? "❚❚" : "▶"),
      el("div", { class: "track" }, slider, ticks),
    );
    if (focused === "time" || focused === "play") document.getElementById(focused)?.focus();
  }

  stop(): void {
    window.clearInterval(this.#timer);
    this.#timer = 0;
  }

  #toggle(): void {
    if (this.#timer) {
      this.stop();
      this.draw(this.#states, this.#states[this.#at] ?? null, this.#lang);
      return;
    }
    this.#timer = window.setInterval(() => {
      const next = this.#states[this.#at + 1];
      if (!next) this.stop();
      this.#pick((next ?? this.#states[this.#at]!).id);
    }, STEP_MS);
    const first = this.#at === this.#states.length - 1 ? this.#states[0] : this.#states[this.#at + 1];
    if (first) this.#pick(first.id);
  }
}
