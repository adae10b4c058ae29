/** The list of notes and the form for a new one: usable by keyboard, and no draft is ever thrown away. */
import { el } from "./dom";
import { BrowserNotes, MAX_AUTHOR, MAX_TEXT, NoteProblem, notesCsv, readNotes, type Note, type NoteStore } from "./notes";
import { saveFile } from "./save";
import type { Lang } from "./state";

const WORDS = {
  en: {
    title: "Notes",
    none: "No notes yet. Choose a place, write what should be remembered there.",
    text: "Note",
    author: "Name (optional)",
    place: "Place: {lat}, {lon}",
    noPlace: "Choose a place first: the middle of the map, or the selected city.",
    here: "Middle of the map",
    city: "Selected city",
    keep: "Keep note",
    keeping: "Keeping …",
    drop: "Delete",
    sure: "Delete for good?",
    yes: "Yes, delete",
    no: "No",
    show: "Show view",
    look: "Look there",
    out: "Save as CSV",
    back: "Bring CSV back",
    brought: "{n} notes brought back, {known} were there already.",
    kept: "The note is kept.",
    gone: "The note is deleted.",
    server: "Kept with the region: everyone who reads this page sees them.",
    browser: "Kept in this browser only: save them as CSV to pass them on.",
    memory: "Kept until the server stops: this region is a shipped example. Save them as CSV.",
    unkept: "Not kept, your text is still here. ",
    empty: "There is no text.",
    long: "The text is too long ({detail} characters).",
    placeWrong: "There is no such place ({detail}).",
    full: "The browser does not keep it; its storage is full or forbidden ({detail}). Save the notes as CSV and copy this text.",
    blocked: "The browser's storage cannot be read ({detail}).",
    serverWrong: "The server says: {detail}",
    offline: "The server does not answer. Try again.",
    readonly: "This server keeps no notes: {detail}",
    csv: "The file is not a list of notes, {detail}. Nothing was changed.",
  },
  zh: {
    title: "备注",
    none: "暂无备注。选择一个地点，写下要记住的内容。",
    text: "备注内容",
    author: "姓名（可不填）",
    place: "地点：{lat}, {lon}",
    noPlace: "请先选择地点：地图中心或所选城市。",
    here: "地图中心",
    city: "所选城市",
    keep: "保存备注",
    keeping: "正在保存…",
    drop: "删除",
    sure: "确定删除？",
    yes: "确定删除",
    no: "取消",
    show: "打开视图",
    look: "定位",
    out: "保存为 CSV",
    back: "导入 CSV",
    brought: "已导入 {n} 条备注，{known} 条已存在。",
    kept: "备注已保存。",
    gone: "备注已删除。",
    server: "与区域数据一起保存：所有读者可见。",
    browser: "仅保存在本浏览器：可另存为 CSV 以便传递。",
    memory: "服务器停止后即消失：本区域为自带示例。请另存为 CSV。",
    unkept: "未保存，文字仍在此处。",
    empty: "没有内容。",
    long: "内容过长（{detail} 字符）。",
    placeWrong: "没有这样的地点（{detail}）。",
    full: "浏览器无法保存：空间已满或被禁止（{detail}）。请将备注另存为 CSV，并复制此文字。",
    blocked: "无法读取浏览器存储（{detail}）。",
    serverWrong: "服务器提示：{detail}",
    offline: "服务器没有响应，请重试。",
    readonly: "此服务器不保存备注：{detail}",
    csv: "文件不是备注列表，{detail}。未作任何更改。",
  },
} as const;

type Word = keyof (typeof WORDS)["en"];

export interface NotesHandlers {
  /** Middle of the map, and the selected city if there is one. */
  middle(): { lon: number; lat: number };
  selected(): { lon: number; lat: number } | null;
  /** Hash of the view that is open. */
  view(): string;
  /** Notes have changed: draw them. */
  changed(notes: readonly Note[]): void;
  look(note: Note): void;
  show(view: string): void;
}

export class NotesPanel {
  readonly element = el("section", { class: "notes", "aria-labelledby": "notes-title" });
  readonly #store: NoteStore;
  readonly #handlers: NotesHandlers;
  readonly #region: string;
  readonly #text = el("textarea", { id: "notes-text", rows: 3, maxlength: MAX_TEXT });
  readonly #author = el("input", { id: "notes-author", type: "text", maxlength: MAX_AUTHOR, autocomplete: "name" });
  readonly #file = el("input", { id: "notes-file", type: "file", accept: ".csv,text/csv", class: "unseen", tabindex: "-1", onchange: () => void this.#bring() });
  readonly #message = el("p", { class: "notes-message", role: "status" });
  #notes: Note[] = [];
  #place: { lon: number; lat: number } | null = null;
  #lang: Lang = "en";
  #busy = false;
  #asked: string | null = null;

  constructor(store: NoteStore, region: string, handlers: NotesHandlers) {
    this.#store = store;
    this.#region = region;
    this.#handlers = handlers;
  }

  get notes(): readonly Note[] {
    return this.#notes;
  }

  /** Read the notes; a failure is said and changes nothing. */
  async load(): Promise<void> {
    try {
      this.#notes = await this.#store.list();
      this.#handlers.changed(this.#notes);
    } catch (problem) {
      this.#tell(this.#why(problem), true);
    }
    this.draw(this.#lang);
  }

  /** Write at this place, as after a click on the map. */
  at(place: { lon: number; lat: number }): void {
    this.#place = place;
    this.draw(this.#lang);
    this.#text.focus();
  }

  draw(lang: Lang): void {
    this.#lang = lang;
    const focused = document.activeElement instanceof HTMLElement && this.element.contains(document.activeElement) ? document.activeElement.id : "";
    const place = this.#place;
    const selected = this.#handlers.selected();
    const choose = (spot: { lon: number; lat: number }) => {
      this.#place = spot;
      this.draw(this.#lang);
    };
    const form = el(
      "form",
      {
        class: "notes-form",
        onsubmit: (event) => {
          event.preventDefault();
          void this.#keep();
        },
      },
      el("p", { class: "small" }, place ? this.#say("place", { lat: place.lat.toFixed(4), lon: place.lon.toFixed(4) }) : this.#say("noPlace")),
      el(
        "p",
        { class: "buttons" },
        el("button", { type: "button", id: "notes-here", onclick: () => choose(this.#handlers.middle()) }, this.#say("here")),
        selected ? el("button", { type: "button", id: "notes-city", onclick: () => choose(selected) }, this.#say("city")) : null,
      ),
      el("label", { for: "notes-text" }, this.#say("text")),
      this.#text,
      el("label", { for: "notes-author" }, this.#say("author")),
      this.#author,
      el("p", { class: "buttons" }, el("button", { type: "submit", id: "notes-keep", disabled: this.#busy || !place }, this.#say(this.#busy ? "keeping" : "keep"))),
    );
    this.element.replaceChildren(
      el("h2", { id: "notes-title" }, this.#say("title")),
      el("p", { class: "small" }, this.#say(this.#store.kept)),
      this.#notes.length ? el("ol", { class: "notes-list" }, ...this.#notes.map((note, at) => this.#item(note, at))) : el("p", { class: "small" }, this.#say("none")),
      form,
      this.#message,
      el(
        "p",
        { class: "buttons" },
        el("button", { type: "button", id: "notes-out", disabled: !this.#notes.length, onclick: () => this.#save() }, this.#say("out")),
        this.#store instanceof BrowserNotes ? el("button", { type: "button", id: "notes-back", onclick: () => this.#file.click() }, this.#say("back")) : null,
        this.#file,
      ),
    );
    this.#file.setAttribute("aria-label", this.#say("back"));
    if (focused) document.getElementById(focused)?.focus();
  }

  #item(note: Note, at: number): HTMLElement {
    const { id } = note;
    const date = new Intl.DateTimeFormat(this.#lang === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium" }).format(new Date(note.created));
    const named = (word: Word) => `${this.#say(word)} ${at + 1}`;
    const ask = (chosen: string | null) => () => {
      this.#asked = chosen;
      this.draw(this.#lang);
      document.getElementById(chosen ? `notes-no-${id}` : `notes-drop-${id}`)?.focus();
    };
    const drop =
      this.#asked === id
        ? [el("span", {}, this.#say("sure")), el("button", { type: "button", onclick: () => void this.#remove(id) }, this.#say("yes")), el("button", { type: "button", id: `notes-no-${id}`, onclick: ask(null) }, this.#say("no"))]
        : [el("button", { type: "button", id: `notes-drop-${id}`, "aria-label": named("drop"), onclick: ask(id) }, this.#say("drop"))];
    return el(
      "li",
      {},
      el("p", { class: "notes-words" }, note.text),
      el("p", { class: "small" }, [note.author, date].filter(Boolean).join(" · ")),
      el(
        "p",
        { class: "buttons" },
        el("button", { type: "button", "aria-label": named("look"), onclick: () => this.#handlers.look(note) }, this.#say("look")),
        note.view.startsWith("#") ? el("button", { type: "button", "aria-label": named("show"), onclick: () => this.#handlers.show(note.view) }, this.#say("show")) : null,
        ...drop,
      ),
    );
  }

  async #keep(): Promise<void> {
    const place = this.#place;
    if (this.#busy || !place) return;
    this.#busy = true;
    this.draw(this.#lang);
    try {
      const made = await this.#store.add({ ...place, text: this.#text.value, author: this.#author.value, view: this.#handlers.view() });
      this.#notes = [...this.#notes, made];
      // only now that it is kept
      this.#text.value = "";
      this.#place = null;
      this.#tell(this.#say("kept"));
      this.#handlers.changed(this.#notes);
    } catch (problem) {
      this.#tell(`${this.#say("unkept")}${this.#why(problem)}`, true);
    }
    this.#busy = false;
    this.draw(this.#lang);
    this.#text.focus();
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.#store.remove(id);
      this.#notes = this.#notes.filter((note) => note.id !== id);
      this.#tell(this.#say("gone"));
      this.#handlers.changed(this.#notes);
    } catch (problem) {
      this.#tell(this.#why(problem), true);
    }
    this.#asked = null;
    this.draw(this.#lang);
    document.getElementById("notes-text")?.focus();
  }

  #save(): void {
    saveFile(`notes-${this.#region}.csv`, notesCsv(this.#notes), "text/csv;charset=utf-8");
  }

  async #bring(): Promise<void> {
    const file = this.#file.files?.[0];
    const store = this.#store;
    if (!file || !(store instanceof BrowserNotes)) return;
    try {
      const found = readNotes(await file.text());
      const n = await store.bring(found);
      this.#tell(this.#say("brought", { n: String(n), known: String(found.length - n) }));
      await this.load();
    } catch (problem) {
      this.#tell(this.#why(problem), true);
    }
    // the same file may be chosen again
    this.#file.value = "";
  }

  #tell(text: string, wrong = false): void {
    this.#message.textContent = text;
    this.#message.classList.toggle("wrong", wrong);
  }

  #why(problem: unknown): string {
    if (!(problem instanceof NoteProblem)) return String(problem);
    const words: Partial<Record<NoteProblem["reason"], Word>> = { place: "placeWrong", server: "serverWrong" };
    return this.#say(words[problem.reason] ?? (problem.reason as Word), { detail: problem.detail });
  }

  #say(word: Word, values: Record<string, string> = {}): string {
    return WORDS[this.#lang][word].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
  }
}
