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

/** One line of a list of sources; a doubtful one says so, by the status of the figures taken from it. */
export function sourceText(atlas: Atlas, id: string, lang: Lang, used: Status | null = null): string {
  const source = atlas.sources[id];
  const status = used ?? source?.status ?? null;
  const reprint = source?.reprinted_by ? [say(lang, "reprinted", { by: source.reprinted_by })] : [];
  const mark = status && status !== "confirmed" ? ` [${say(lang, `status_${status}` as Word)}]` : "";
  return `${[...(source?.publisher ? [source.publisher] : []), source?.title ?? id, ...reprint].join(lang === "zh" ? "，" : ", ")}${mark}`;
}
