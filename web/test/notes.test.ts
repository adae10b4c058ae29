import { describe, expect, it } from "vitest";
import { guard, readCsv, unguard, writeCsv } from "../src/csv";
import { BrowserNotes, MAX_TEXT, NoteProblem, ServerNotes, checkNote, noteFeatures, notesCsv, readNotes, type NewNote } from "../src/notes";

class Memory implements Storage {
  readonly items = new Map<string, string>();
  full = false;
  get length() {
    return this.items.size;
  }
  clear() {
    this.items.clear();
  }
  getItem(key: string) {
    return this.items.get(key) ?? null;
  }
  key(at: number) {
    return [...this.items.keys()][at] ?? null;
  }
  removeItem(key: string) {
    this.items.delete(key);
  }
  setItem(key: string, value: string) {
    if (this.full) throw new DOMException("QuotaExceededError");
    this.items.set(key, value);
  }
}

const note: NewNote = { lon: 121.47, lat: 31.23, text: "Change here: 12 min, \"too long\"\n第二行", author: "李", view: "#year=2019&lang=zh" };
const reason = (work: Promise<unknown>) => work.then(() => "kept", (problem: unknown) => (problem instanceof NoteProblem ? problem.reason : String(problem)));

describe("CSV", () => {
  it("comes back as it went, whatever it holds", () => {
    const rows = [["a", "b,c", 'say "yes"'], ["第一\n第二", " lead", "x"], ["", "", "end"]];
    expect(readCsv(writeCsv(rows))).toEqual(rows);
  });
  it("may have been saved by a spreadsheet", () => {
    expect(readCsv("\ufeffa;b\r\n1;2\r\n\r\n")).toEqual([["a", "b"], ["1", "2"]]);
    expect(readCsv("a\tb\n1\t2")).toEqual([["a", "b"], ["1", "2"]]);
  });
  it("is no formula to a spreadsheet", () => {
    for (const text of ["=1+1", "-5", "+49", "@x", "'quoted", "plain", "it's"]) expect(unguard(guard(text))).toBe(text);
    expect(guard("=HYPERLINK(1)")).toBe("'=HYPERLINK(1)");
  });
});

describe("in the browser", () => {
  it("are kept by region, and read again", async () => {
    const storage = new Memory();
    const made = await new BrowserNotes("yrd", () => storage).add(note);
    expect(made.text).toBe(note.text);
    expect(await new BrowserNotes("yrd", () => storage).list()).toEqual([made]);
    expect(await new BrowserNotes("other", () => storage).list()).toEqual([]);
    await new BrowserNotes("yrd", () => storage).remove(made.id);
    expect(await new BrowserNotes("yrd", () => storage).list()).toEqual([]);
  });
  it("do not overwrite those of another tab", async () => {
    const storage = new Memory();
    const [one, other] = [new BrowserNotes("yrd", () => storage), new BrowserNotes("yrd", () => storage)];
    await one.add(note);
    await other.add({ ...note, text: "second" });
    expect((await one.list()).map(({ text }) => text)).toEqual([note.text, "second"]);
  });
  it("say when they are not kept, and leave what there is", async () => {
    const storage = new Memory();
    const notes = new BrowserNotes("yrd", () => storage);
    await notes.add(note);
    storage.full = true;
    expect(await reason(notes.add(note))).toBe("full");
    expect(await notes.list()).toHaveLength(1);
    const forbidden = new BrowserNotes("yrd", () => {
      throw new DOMException("SecurityError");
    });
    expect(await reason(forbidden.add(note))).toBe("blocked");
  });
  it("never overwrite what they cannot read", async () => {
    const storage = new Memory();
    storage.setItem("megaregion notes yrd", "{not ours");
    expect(await reason(new BrowserNotes("yrd", () => storage).add(note))).toBe("blocked");
    expect(storage.getItem("megaregion notes yrd")).toBe("{not ours");
  });
  it("go out and come back, those that are there already once", async () => {
    const [storage, other] = [new Memory(), new Memory()];
    const here = new BrowserNotes("yrd", () => storage);
    await here.add(note);
    await here.add({ ...note, text: "=1+1" });
    const text = notesCsv(await here.list());
    expect(text).toContain("'=1+1");
    const there = new BrowserNotes("yrd", () => other);
    expect(await there.bring(readNotes(text))).toBe(2);
    expect(await there.bring(readNotes(text))).toBe(0);
    expect(await there.list()).toEqual(await here.list());
  });
});

describe("what is no note", () => {
  it("is refused with a reason", () => {
    const refused = (change: Partial<NewNote>) => {
      try {
        checkNote({ ...note, ...change });
        return "taken";
      } catch (problem) {
        return (problem as NoteProblem).reason;
      }
    };
    expect(refused({ text: "  \n" })).toBe("empty");
    expect(refused({ text: "x".repeat(MAX_TEXT + 1) })).toBe("long");
    expect(refused({ lat: NaN })).toBe("place");
    expect(refused({ lon: 200 })).toBe("place");
    expect(refused({})).toBe("taken");
  });
  it("is named by its line, and nothing of its file is taken", () => {
    expect(() => readNotes("a,b\n1,2\n")).toThrow("csv: line 1: lon, lat, text");
    expect(() => readNotes("lon,lat,text\n121,31,fine\n121,,no place\n")).toThrow("csv: line 3: place");
    expect(readNotes("lon,lat,text\n121,31,<b>fine</b>\n")[0]).toMatchObject({ lon: 121, lat: 31, text: "<b>fine</b>", author: "", view: "" });
    // a view is a hash, and never an address
    expect(readNotes("lon,lat,text,view\n121,31,x,javascript:alert(1)\n")[0]!.view).toBe("");
  });
});

describe("on a server", () => {
  const answer = (status: number, body: unknown) => async () => new Response(body === null ? null : JSON.stringify(body), { status });
  const made = { ...note, id: "7", created: "2026-11-24T02:00:00Z" };

  it("are asked for and sent as docs/server.md says", async () => {
    const asked: [string, RequestInit][] = [];
    const server = new ServerNotes(async (path, options) => {
      asked.push([String(path), options ?? {}]);
      return new Response(JSON.stringify(options?.method === "POST" ? made : { notes: [made, { odd: 1 }], kept: false }), { status: options?.method === "POST" ? 201 : 200 });
    });
    expect(await server.list()).toEqual([made]);
    expect(server.kept).toBe("memory");
    expect(await server.add(note)).toEqual(made);
    await server.remove("a/b");
    expect(asked.map(([path, { method }]) => `${method ?? "GET"} ${path}`)).toEqual(["GET api/notes", "POST api/notes", "DELETE api/notes/a%2Fb"]);
    expect(JSON.parse(String(asked[1]![1].body))).toEqual(note);
    expect(asked[1]![1].headers).toEqual({ "Content-Type": "application/json" });
  });
  it("that fails says why", async () => {
    expect(await reason(new ServerNotes(answer(403, { error: "read-only" })).add(note))).toBe("readonly");
    expect(await reason(new ServerNotes(answer(503, { error: "the disk refused" })).add(note))).toBe("server");
    expect(await reason(new ServerNotes(() => Promise.reject(new TypeError("failed"))).add(note))).toBe("offline");
    expect(await reason(new ServerNotes(answer(201, { id: 1 })).add(note))).toBe("server");
    expect(await reason(new ServerNotes(answer(404, { error: "gone" })).remove("7"))).toBe("kept");
  });
});

it("are points on the map, with their numbers", () => {
  const [feature] = noteFeatures([{ ...note, id: "7", created: "" }]).features;
  expect(feature).toMatchObject({ properties: { id: "7", number: "1" }, geometry: { coordinates: [121.47, 31.23] } });
});
