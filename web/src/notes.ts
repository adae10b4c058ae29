/**
 * Notes pinned to places: kept by the server, or from disk in this browser.
 *
 * A note is never lost in silence: what cannot be kept stays in the form, and what is kept in the browser only says so and
 * can be taken out as CSV and brought back. The words of notes are set as text, never as markup.
 */
import { guard, readCsv, unguard, writeCsv } from "./csv";

export interface Note {
  id: string;
  lon: number;
  lat: number;
  text: string;
  author: string;
  /** The hash of the view that it was written on. */
  view: string;
  /** ISO 8601, UTC. */
  created: string;
}

export type NewNote = Omit<Note, "id" | "created">;

/** Where notes are kept; every failure is an error with a text for the reader. */
export interface NoteStore {
  /** "server": for all readers; "browser": here only; "memory": gone with the server. */
  readonly kept: "server" | "browser" | "memory";
  list(): Promise<Note[]>;
  add(note: NewNote): Promise<Note>;
  remove(id: string): Promise<void>;
}

export const MAX_TEXT = 4000;
export const MAX_AUTHOR = 100;
export const COLUMNS = ["id", "lon", "lat", "text", "author", "view", "created"] as const;

/** Why a note cannot be kept: a key of the words of `notes_panel.ts`. */
export class NoteProblem extends Error {
  readonly reason: "empty" | "long" | "place" | "full" | "blocked" | "server" | "offline" | "readonly" | "csv";
  readonly detail: string;

  constructor(reason: NoteProblem["reason"], detail = "") {
    super(`${reason}: ${detail}`);
    this.reason = reason;
    this.detail = detail;
  }
}

/** A note as it may be kept. */
export function checkNote(note: NewNote): NewNote {
  const text = note.text.trim();
  if (!text) throw new NoteProblem("empty");
  if (text.length > MAX_TEXT) throw new NoteProblem("long", `${text.length} > ${MAX_TEXT}`);
  if (!(Math.abs(note.lon) <= 180 && Math.abs(note.lat) <= 90)) throw new NoteProblem("place", `${note.lon}, ${note.lat}`);
  const round = (value: number) => Math.round(value * 1e5) / 1e5;
  return { lon: round(note.lon), lat: round(note.lat), text, author: note.author.trim().slice(0, MAX_AUTHOR), view: note.view };
}

/** Notes in this browser, under the name of the region. */
export class BrowserNotes implements NoteStore {
  readonly kept = "browser";
  readonly #key: string;
  readonly #storage: () => Storage;

  /** Storage is asked for each time: a browser may forbid it, and then even asking raises. */
  constructor(region: string, storage: () => Storage = () => window.localStorage) {
    this.#key = `megaregion notes ${region}`;
    this.#storage = storage;
  }

  async list(): Promise<Note[]> {
    return this.#read();
  }

  async add(note: NewNote): Promise<Note> {
    const made: Note = { ...checkNote(note), id: crypto.randomUUID?.() ?? randomId(), created: new Date().toISOString() };
    // read again: another tab may have added one
    this.#write([...this.#read(), made]);
    return made;
  }

  async remove(id: string): Promise<void> {
    this.#write(this.#read().filter((note) => note.id !== id));
  }

  /** Add notes that are not there yet, by id; gives how many. */
  async bring(notes: Note[]): Promise<number> {
    const there = this.#read();
    const known = new Set(there.map((note) => note.id));
    const fresh = notes.filter((note) => !known.has(note.id));
    if (fresh.length) this.#write([...there, ...fresh]);
    return fresh.length;
  }

  #read(): Note[] {
    let text: string | null;
    try {
      text = this.#storage().getItem(this.#key);
    } catch (problem) {
      throw new NoteProblem("blocked", String(problem));
    }
    if (text === null) return [];
    try {
      const found: unknown = JSON.parse(text);
      if (Array.isArray(found) && found.every(isNote)) return found;
    } catch {
      // falls through: what is there is not ours to overwrite
    }
    throw new NoteProblem("blocked", this.#key);
  }

  #write(notes: Note[]): void {
    const text = JSON.stringify(notes);
    try {
      this.#storage().setItem(this.#key, text);
      if (this.#storage().getItem(this.#key) !== text) throw new Error("not kept");
    } catch (problem) {
      throw new NoteProblem("full", String(problem));
    }
  }
}

/** Notes of a server: `GET`, `POST /api/notes`, `DELETE /api/notes/{id}`; see docs/server.md. */
export class ServerNotes implements NoteStore {
  kept: "server" | "memory" = "server";
  readonly #ask: typeof fetch;

  constructor(ask: typeof fetch = (...given) => fetch(...given)) {
    this.#ask = ask;
  }

  async list(): Promise<Note[]> {
    const found = (await (await this.#request("api/notes", {})).json()) as { notes?: unknown; kept?: boolean };
    this.kept = found.kept === false ? "memory" : "server";
    return Array.isArray(found.notes) ? found.notes.filter(isNote) : [];
  }

  async add(note: NewNote): Promise<Note> {
    const body = JSON.stringify(checkNote(note));
    const made: unknown = await (await this.#request("api/notes", { method: "POST", headers: { "Content-Type": "application/json" }, body })).json();
    if (!isNote(made)) throw new NoteProblem("server", "the answer is not a note");
    return made;
  }

  async remove(id: string): Promise<void> {
    await this.#request(`api/notes/${encodeURIComponent(id)}`, { method: "DELETE" }, [404]);
  }

  async #request(path: string, options: RequestInit, fine: number[] = []): Promise<Response> {
    let answer: Response;
    try {
      answer = await this.#ask(path, options);
    } catch (problem) {
      throw new NoteProblem("offline", String(problem));
    }
    if (answer.ok || fine.includes(answer.status)) return answer;
    const said = (await answer.json().catch(() => ({}))) as { error?: unknown };
    throw new NoteProblem(answer.status === 403 ? "readonly" : "server", typeof said.error === "string" ? said.error : String(answer.status));
  }
}

export function notesCsv(notes: readonly Note[]): string {
  return writeCsv([COLUMNS, ...notes.map((note) => [note.id, note.lon, note.lat, guard(note.text), guard(note.author), note.view, note.created])]);
}

/** Read notes back; every row must be one, else nothing is taken and the first odd row is named. */
export function readNotes(text: string): Note[] {
  const [head, ...rows] = readCsv(text);
  const at = Object.fromEntries(COLUMNS.map((name) => [name, head?.indexOf(name) ?? -1])) as Record<(typeof COLUMNS)[number], number>;
  const missing = (["lon", "lat", "text"] as const).filter((name) => at[name] < 0);
  if (missing.length) throw new NoteProblem("csv", `line 1: ${missing.join(", ")}`);
  return rows.map((row, position) => {
    const value = (name: (typeof COLUMNS)[number]) => row[at[name]] ?? "";
    const note = { lon: number(value("lon")), lat: number(value("lat")), text: unguard(value("text")), author: unguard(value("author")), view: value("view").startsWith("#") ? value("view") : "" };
    try {
      const created = Number.isNaN(Date.parse(value("created"))) ? new Date().toISOString() : value("created");
      return { ...checkNote(note), id: value("id") || randomId(), created };
    } catch (problem) {
      throw new NoteProblem("csv", `line ${position + 2}: ${problem instanceof Error ? problem.message : String(problem)}`);
    }
  });
}

/** Notes as points for the map; their number is what the list shows. */
export function noteFeatures(notes: readonly Note[]): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: notes.map((note, at) => ({ type: "Feature", properties: { id: note.id, number: String(at + 1) }, geometry: { type: "Point", coordinates: [note.lon, note.lat] } })),
  };
}

function isNote(value: unknown): value is Note {
  if (!value || typeof value !== "object") return false;
  const { lon, lat, ...texts } = value as Record<string, unknown>;
  return Number.isFinite(lon) && Number.isFinite(lat) && ["id", "text", "author", "view", "created"].every((name) => typeof texts[name] === "string");
}

function number(text: string): number {
  return text.trim() === "" ? NaN : Number(text);
}

// pages from disk are no secure context in every browser, and then have no crypto.randomUUID
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
