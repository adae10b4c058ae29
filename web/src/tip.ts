/** The small text beside the pointer. */
import { el } from "./dom";

export class Tip {
  readonly element = el("div", { class: "tip", role: "presentation", hidden: true });

  show([title, lines]: [string, string[]], x: number, y: number): void {
    this.element.replaceChildren(el("strong", {}, title), ...lines.map((line) => el("span", {}, line)));
    this.element.hidden = false;
    const box = this.element.getBoundingClientRect();
    this.element.style.left = `${Math.max(4, Math.min(x + 14, window.innerWidth - box.width - 8))}px`;
    this.element.style.top = `${y + 18 + box.height > window.innerHeight ? y - box.height - 12 : y + 18}px`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
