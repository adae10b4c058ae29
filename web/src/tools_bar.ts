/** Buttons over the map: swipe, hold to see before, flows and how many. */
import { el } from "./dom";
import { TOP, type State } from "./state";
import { say, stateName } from "./words";
import type { RegionState } from "./contract";

export interface ToolsBarScene {
  state: State;
  /** What can be compared; null = nothing. */
  compared: [RegionState, RegionState] | null;
  /** Whether there are pairs to draw flows of. */
  pairs: boolean;
  commit(change: Partial<State>): void;
  hold(held: boolean): void;
  /** Where lines can be drawn and computed. */
  editor: { open: boolean; toggle(): void } | null;
}

export function drawToolsBar(holder: HTMLElement, { state, compared, pairs, commit, hold, editor }: ToolsBarScene): void {
  const { lang, compare, flows, top } = state;
  const focused = holder.contains(document.activeElement) ? document.activeElement!.id : "";
  const parts: HTMLElement[] = [];
  if (compared) {
    const button = el("button", { type: "button", id: "hold", class: "hold", "aria-pressed": "false", title: say(lang, "holdKey", { before: stateName(compared[0], lang) }) }, say(lang, "hold"));
    button.addEventListener("pointerdown", () => hold(true));
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(end, () => hold(false));
    button.addEventListener("keydown", (event) => (event.key === " " || event.key === "Enter") && hold(true));
    button.addEventListener("keyup", () => hold(false));
    parts.push(el("button", { type: "button", id: "swipe", "aria-pressed": String(compare === "swipe"), onclick: () => commit({ compare: compare === "swipe" ? "none" : "swipe" }) }, say(lang, "swipe")), button);
  }
  if (pairs) {
    parts.push(el("button", { type: "button", id: "flows", "aria-pressed": String(flows), onclick: () => commit({ flows: !flows }) }, say(lang, "flows")));
    if (flows) {
      const text = el("output", { for: "top" }, say(lang, "flowsTop", { n: top }));
      const slider = el("input", { type: "range", id: "top", min: String(TOP.least), max: String(TOP.most), step: "5", "aria-label": say(lang, "flowsTop", { n: top }) });
      slider.value = String(top);
      slider.addEventListener("input", () => (text.textContent = say(lang, "flowsTop", { n: slider.value })));
      slider.addEventListener("change", () => commit({ top: Number(slider.value) }));
      parts.push(el("span", { class: "top" }, slider, text));
    }
  }
  if (editor) parts.push(el("button", { type: "button", id: "draw", "aria-pressed": String(editor.open), onclick: () => editor.toggle() }, say(lang, "drawLine")));
  holder.replaceChildren(...parts);
  holder.hidden = !parts.length;
  if (focused) document.getElementById(focused)?.focus();
}
