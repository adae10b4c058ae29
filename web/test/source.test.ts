/** How sources are named: reprints and what has not been checked are said. */
import { describe, expect, it } from "vitest";
import type { Atlas } from "../src/contract";
import { sourceText, worse } from "../src/source";
import { atlas } from "./fixture";

describe("sources", () => {
  const named = (source: Atlas["sources"][string]): Atlas => ({ ...atlas, sources: { s: source } });
  const read = { title: "Communique", publisher: "Office", year: "2022", url: null, licence: null };

  it("say who reprinted them, and nothing of those that were checked", () => {
    expect(sourceText(named(read), "s", "en", "confirmed")).toBe("Office, Communique");
    expect(sourceText(named({ ...read, reprinted_by: "example.org" }), "s", "en")).toBe("Office, Communique, as reprinted by example.org");
    expect(sourceText(named({ ...read, reprinted_by: "example.org" }), "s", "zh")).toBe("Office，Communique，转引自 example.org");
  });

  it("say that they were not checked, by the figure that is used before the best that they have", () => {
    expect(sourceText(named({ ...read, status: "unverified" }), "s", "en")).toBe("Office, Communique [unverified]");
    expect(sourceText(named({ ...read, status: "confirmed" }), "s", "zh", "unverified")).toBe("Office，Communique [未核实]");
    expect(sourceText(atlas, "gone", "en")).toBe("gone");
  });

  it("are as good as the worst figure taken from them", () => {
    expect(worse("unverified", "confirmed")).toBe("unverified");
    expect(worse("modelled", "illustrative")).toBe("illustrative");
    expect(worse(undefined, null)).toBeNull();
  });
});
