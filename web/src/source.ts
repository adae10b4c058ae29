/** How a source is named: its publisher and title, who reprinted it where that is what was read, and that it has not been checked. */
import type { Atlas, Status } from "./contract";
import type { Lang } from "./state";
import { say, type Word } from "./words";

const ORDER: Status[] = ["confirmed", "modelled", "unverified", "illustrative"];

/** The worse of two; what is not known counts as the other. */
export function worse(one: Status | null | undefined, other: Status | null | undefined): Status | null {
  if (!one || !other) return one ?? other ?? null;
  return ORDER.indexOf(one) > ORDER.indexOf(other) ? one : other;
}

type Named = "title" | "publisher" | "reprinted_by";

/** What a source is called in the language of the reader, where it is known in it. */
export function ownWords(source: Partial<Record<Named | `${Named}_zh`, string | null>> | undefined, name: Named, lang: Lang): string | undefined {
  return (lang === "zh" && source?.[`${name}_zh`]) || source?.[name] || undefined;
}

/** One line of a list of sources; a doubtful one says so, by the status of the figures taken from it. */
export function sourceText(atlas: Atlas, id: string, lang: Lang, used: Status | null = null): string {
  const source = atlas.sources[id];
  const status = used ?? source?.status ?? null;
  const publisher = ownWords(source, "publisher", lang);
  const by = ownWords(source, "reprinted_by", lang);
  const reprint = by ? [say(lang, "reprinted", { by })] : [];
  const mark = status && status !== "confirmed" ? ` [${say(lang, `status_${status}` as Word)}]` : "";
  return `${[...(publisher ? [publisher] : []), ownWords(source, "title", lang) ?? id, ...reprint].join(lang === "zh" ? "，" : ", ")}${mark}`;
}
