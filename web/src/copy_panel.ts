/** The lines that give the same numbers, to look at and to copy. */
import type { Copied } from "./copy_as";
import { el } from "./dom";
import type { Lang } from "./state";

const WORDS = {
  en: { title: "The same numbers from Python or the command line", python: "Python", shell: "Command line", none: "No single command prints this view; the Python lines do.", copy: "Copy", copied: "Copied.", select: "Press Ctrl+C (⌘C) to copy." },
  zh: { title: "用 Python 或命令行得到相同数值", python: "Python", shell: "命令行", none: "没有单一命令可得到此视图；请用 Python。", copy: "复制", copied: "已复制。", select: "请按 Ctrl+C（⌘C）复制。" },
} as const;

export function copyPanel(copied: Copied, lang: Lang): HTMLElement[] {
  const words = WORDS[lang];
  const message = el("p", { role: "status", class: "small" });
  const block = (name: string, lines: string) => {
    const code = el("pre", { class: "code", tabindex: "0", lang: "en", "aria-label": name }, lines);
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(lines);
        message.textContent = words.copied;
      } catch {
        // from disk a browser may forbid it; what is selected can still be copied by hand
        getSelection()?.selectAllChildren(code);
        code.focus();
        message.textContent = words.select;
      }
    };
    return [el("h3", {}, name), code, el("p", { class: "buttons" }, el("button", { type: "button", "aria-label": `${words.copy}: ${name}`, onclick: () => void copy() }, words.copy))];
  };
  return [el("h2", {}, words.title), ...block(words.python, copied.python), ...(copied.shell ? block(words.shell, copied.shell) : [el("p", { class: "small" }, words.none)]), message];
}
