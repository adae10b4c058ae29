/** "Is the story true?": every claim with its verdict; each opens its computation. */
import type { Atlas, Claim, Verdict } from "./contract";
import { el } from "./dom";
import { verdictMark } from "./sheet";
import type { Lang } from "./state";
import { say } from "./words";

const ORDER: Verdict[] = ["confirmed", "contradicted", "not decidable"];

export function claimsSection(atlas: Atlas, lang: Lang, open: (claim: Claim) => void): HTMLElement[] {
  const count = (verdict: Verdict) => atlas.claims.filter((claim) => claim.verdict === verdict).length;
  const lead = say(lang, "claimsLead", { confirmed: count("confirmed"), contradicted: count("contradicted"), open: count("not decidable") });
  const bar = el(
    "div",
    { class: "verdict-bar", role: "img", "aria-label": lead },
    ...ORDER.filter((verdict) => count(verdict)).map((verdict) => el("span", { class: verdict.replace("not decidable", "undecidable"), style: `flex:${count(verdict)}` }, String(count(verdict)))),
  );
  const rows = atlas.claims.map((claim) =>
    el(
      "tr",
      { "data-claim": claim.id },
      el("th", { scope: "row" }, el("button", { type: "button", class: "claim", "aria-label": say(lang, "openClaim", { claim: claim.statement[lang] }), onclick: () => open(claim) }, claim.statement[lang])),
      el("td", {}, verdictMark(claim.verdict, lang), el("span", { class: "computed" }, claim.value?.[lang] ?? "")),
    ),
  );
  return [
    el("p", { class: "figure" }, `${count("confirmed")} / ${atlas.claims.length}`),
    el("p", { class: "of" }, say(lang, "claimsOf")),
    el("p", { class: "sentence" }, lead),
    bar,
    el(
      "table",
      { class: "claims" },
      el("caption", { class: "unseen" }, say(lang, "claims")),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, say(lang, "claim")), el("th", { scope: "col" }, say(lang, "verdict")))),
      el("tbody", {}, ...rows),
    ),
  ];
}
