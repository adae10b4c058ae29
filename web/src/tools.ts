/** A sheet with notes, exports and the lines that give the same numbers. */
import "./tools.css";
import type { Copied } from "./copy_as";
import { copyPanel } from "./copy_panel";
import { el } from "./dom";
import { ExportPanel, type ExportScene } from "./export_panel";
import { BrowserNotes, type Note, type NoteStore } from "./notes";
import { NotesPanel, type NotesHandlers } from "./notes_panel";
import type { Lang } from "./state";

const WORDS = {
  en: { notes: "Notes", export: "Export", copy: "Copy as Python", close: "Close", evidence: "Evidence", nothing: "This view is no computation; open one of its figures.", some: "Notes ({n})" },
  zh: { notes: "备注", export: "导出", copy: "复制为 Python", close: "关闭", evidence: "依据", nothing: "此视图不是计算结果；请打开其中的数值。", some: "备注（{n}）" },
} as const;

export type Tool = "notes" | "export" | "copy";

export interface ToolsScene {
  /** Name of the region: notes in a browser are kept under it. */
  region: string;
  /** Null in a view that has nothing to write down, such as that of the claims. */
  copied(): Copied | null;
  exported(): ExportScene;
  notes: NotesHandlers;
  /** What the view rests on, in a sheet of the page; null = nothing to show. */
  evidence(): (() => void) | null;
  /** Where notes are kept; in this browser by default. */
  store?: NoteStore;
}

export class Tools {
  /** Buttons that open the sheet. */
  readonly buttons = el("div", { class: "tools-buttons" });
  readonly notes: NotesPanel;
  readonly #dialog = el("dialog", { class: "sheet tools-sheet" });
  readonly #export: ExportPanel;
  readonly #scene: ToolsScene;
  #lang: Lang = "en";
  #open: Tool | null = null;
  #count = 0;

  /** The sheet is added to the page's root; the buttons go where the page wants them. */
  constructor(scene: ToolsScene, root: HTMLElement) {
    this.#scene = scene;
    const close = (then: () => void) => {
      this.#dialog.close();
      then();
    };
    this.notes = new NotesPanel(scene.store ?? new BrowserNotes(scene.region), scene.region, {
      ...scene.notes,
      changed: (notes) => {
        this.#count = notes.length;
        this.#drawButtons();
        scene.notes.changed(notes);
      },
      look: (note: Note) => close(() => scene.notes.look(note)),
      show: (view) => close(() => scene.notes.show(view)),
    });
    this.#export = new ExportPanel(() => scene.exported());
    this.#dialog.addEventListener("close", () => (this.#open = null));
    this.#dialog.addEventListener("keydown", (event) => {
      // it closes the sheet and nothing else; the page would clear the selection
      if (event.key === "Escape") event.stopPropagation();
    });
    root.append(this.#dialog);
    void this.notes.load();
  }

  draw(lang: Lang): void {
    this.#lang = lang;
    this.#drawButtons();
    if (this.#open) this.#drawSheet(this.#open);
  }

  open(tool: Tool): void {
    this.#open = tool;
    this.#drawSheet(tool);
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** Write a note at a place, as after a click on the map. */
  noteAt(place: { lon: number; lat: number }): void {
    this.open("notes");
    this.notes.at(place);
  }

  #drawButtons(): void {
    const words = WORDS[this.#lang];
    const focused = document.activeElement?.id ?? "";
    const evidence = this.#scene.evidence();
    const button = (tool: Tool, text: string) => el("button", { type: "button", id: `tool-${tool}`, "aria-haspopup": "dialog", onclick: () => this.open(tool) }, text);
    this.buttons.replaceChildren(
      button("notes", this.#count ? words.some.replace("{n}", String(this.#count)) : words.notes),
      button("export", words.export),
      button("copy", words.copy),
      ...(evidence ? [el("button", { type: "button", id: "tool-evidence", "aria-haspopup": "dialog", onclick: evidence }, words.evidence)] : []),
    );
    if (focused.startsWith("tool-")) document.getElementById(focused)?.focus();
  }

  #drawSheet(tool: Tool): void {
    const words = WORDS[this.#lang];
    const close = el("button", { type: "button", class: "close", "aria-label": words.close, onclick: () => this.#dialog.close() }, "✕");
    this.#dialog.setAttribute("aria-label", words[tool]);
    if (tool === "notes") this.notes.draw(this.#lang);
    if (tool === "export") this.#export.draw(this.#lang);
    const copied = tool === "copy" ? this.#scene.copied() : null;
    const body = tool === "notes" ? [this.notes.element] : tool === "export" ? [this.#export.element] : [el("section", { class: "copied" }, ...(copied ? copyPanel(copied, this.#lang) : [el("p", {}, words.nothing)]))];
    const others = (["notes", "export", "copy"] as const).map((one) => el("button", { type: "button", "aria-pressed": String(one === tool), onclick: () => this.open(one) }, words[one]));
    this.#dialog.replaceChildren(close, el("p", { class: "buttons tools-others" }, ...others), ...body);
  }
}
