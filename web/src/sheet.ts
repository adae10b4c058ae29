/** The sheet behind a number: formula, parameters, inputs with their sources, version, key and software. */
import type { Atlas, Claim, ClaimSource, Input, StateValues, Words } from "./contract";
import { el } from "./dom";
import type { Lens, Model } from "./model";
import type { Lang } from "./state";
import { ownWords } from "./source";
import { cityName, say, stateName, type Word } from "./words";

export type Pair = [string, HTMLElement | string];

/** Evidence of what a lens reads: of both states where it is a difference. */
export function evidenceSheet(model: Model, lens: Lens, lang: Lang): HTMLElement[] {
  const { atlas } = model;
  const { measure } = lens;
  const states = lens.difference ? (["before", "now"] as const) : (["now"] as const);
  const parts: HTMLElement[] = [el("h2", {}, say(lang, "sheetOf", { title: measure.title[lang] })), list([[say(lang, "formula"), measure.formula[lang]]])];
  for (const at of states) {
    const one = model.plain(lens, at);
    const held = model.held(one);
    if (!held) continue;
    if (one.now) parts.push(el("h3", {}, stateName(one.now, lang)));
    parts.push(list(about(atlas, held, model, lang)), inputTable(atlas, held.inputs, lang));
    const flagged = flags(model, held, lang);
    if (flagged) parts.push(flagged);
  }
  parts.push(list([[say(lang, "region"), `${atlas.region.name} ${atlas.region.version}`], [say(lang, "software"), `megaregion ${(atlas.software ?? "").slice(0, 30)}`]]));
  return parts;
}

/** Evidence of a claim. */
export function claimSheet(atlas: Atlas, claim: Claim, lang: Lang): HTMLElement[] {
  const known = claim.provenance;
  const formula = lang === "zh" ? known.formula_zh : known.formula;
  const rows: Pair[] = [[say(lang, "verdict"), verdictMark(claim.verdict, lang)]];
  if (claim.value) rows.push([say(lang, "computed"), claim.value[lang]]);
  if (claim.claimed) rows.push([say(lang, "claimed"), lang === "zh" ? `${claim.claimed.zh}（${claim.claimant.who.zh}）` : `${claim.claimed.en} (${claim.claimant.who.en})`]);
  if (claim.tolerance) rows.push([say(lang, "tolerance"), `±${claim.tolerance_words?.[lang] ?? `${claim.tolerance} ${claim.unit ?? ""}`}`]);
  if (formula) rows.push([say(lang, "formula"), formula]);
  if (claim.measure) rows.push([say(lang, "measure"), atlas.measures.find((one) => one.name === claim.measure)?.title[lang] ?? claim.measure]);
  if (Object.keys(claim.parameters).length) rows.push([say(lang, "parameters"), plainText(claim.parameters, atlas, lang)]);
  if (known.settings) rows.push([say(lang, "settings"), settingsText(known.settings, atlas, lang)]);
  if (claim.status) rows.push([say(lang, "status"), statusMark(claim.status, lang)]);
  rows.push(...assumed(known.assumptions, lang));
  if (claim.needs) rows.push([say(lang, "needs"), claim.needs[lang]]);
  if (known.key) rows.push([say(lang, "key"), el("span", { class: "mono" }, known.key)]);
  const { variants } = claim;
  return [
    el("h2", {}, claim.statement[lang]),
    el("p", {}, claim.explanation[lang]),
    list(rows),
    variants.length
      ? el(
          "table",
          { class: "plain" },
          el("caption", {}, say(lang, "variants")),
          el("tbody", {}, ...variants.map((one) => el("tr", {}, el("th", { scope: "row" }, one.label[lang]), el("td", {}, one.value[lang]), el("td", {}, one.verdict ? verdictMark(one.verdict, lang) : "")))),
        )
      : el("span", {}),
    sourceTable(claim.sources, lang),
    el("p", { class: "small" }, `${say(lang, "region")}${lang === "zh" ? "：" : ": "}${atlas.region.name} ${atlas.region.version}`),
  ];
}

const VERDICT: Record<Claim["verdict"], { word: Word; sign: string; name: string }> = {
  confirmed: { word: "verdict_confirmed", sign: "✓", name: "confirmed" },
  contradicted: { word: "verdict_contradicted", sign: "✕", name: "contradicted" },
  "not decidable": { word: "verdict_undecidable", sign: "?", name: "undecidable" },
};

/** Never by colour alone: sign and word. */
export function verdictMark(verdict: Claim["verdict"], lang: Lang): HTMLElement {
  const { word, sign, name } = VERDICT[verdict];
  return el("span", { class: `verdict ${name}` }, el("span", { "aria-hidden": "true" }, `${sign} `), say(lang, word));
}

function about(atlas: Atlas, held: StateValues, model: Model, lang: Lang): Pair[] {
  const rows: Pair[] = [];
  const parameters = Object.entries(held.parameters);
  if (parameters.length) rows.push([say(lang, "parameters"), plainText(held.parameters, atlas, lang)]);
  if (Object.keys(held.settings).length) rows.push([say(lang, "settings"), settingsText(held.settings, atlas, lang)]);
  if (held.details && Object.keys(held.details).length) rows.push([say(lang, "value"), plainText(held.details, atlas, lang)]);
  if (held.status) rows.push([say(lang, "status"), statusMark(held.status, lang)]);
  rows.push(...assumed(held.assumptions, lang));
  if (held.same) rows.push(["", say(lang, "sheetSame", { state: model.state(held.same) ? stateName(model.state(held.same)!, lang) : held.same })]);
  if (held.key) rows.push([say(lang, "key"), el("span", { class: "mono" }, held.key)]);
  return rows;
}

function assumed(assumptions: Words[] | undefined, lang: Lang): Pair[] {
  return assumptions?.length ? [[say(lang, "assumptions"), el("ul", { class: "inputs" }, ...assumptions.map((one) => el("li", {}, one[lang])))]] : [];
}

function flags(model: Model, held: StateValues, lang: Lang): HTMLElement | null {
  const parts = Object.entries(held.flags ?? {}).map(([status, cities]) => `${say(lang, `status_${status}` as Word)}: ${cities.map((at) => cityName(model.atlas, at, lang)).join(lang === "zh" ? "、" : ", ")}`);
  return parts.length ? el("p", { class: "doubt" }, parts.join("; ")) : null;
}

export function statusMark(status: string, lang: Lang): HTMLElement {
  return el("span", { class: `status ${status}` }, say(lang, `status_${status}` as Word));
}

export function inputTable(atlas: Atlas, inputs: Input[], lang: Lang): HTMLElement {
  return sourceTable(
    inputs.map((input) => {
      const source = input.source_id ? atlas.sources[input.source_id] : undefined;
      return { ...input, title: source?.title ?? input.source_id ?? "", title_zh: source?.title_zh ?? null, publisher: ownWords(source, "publisher", lang) ?? null, reprinted_by: ownWords(source, "reprinted_by", lang) ?? null, published: source?.year ?? null, url: source?.url ?? null };
    }),
    lang,
  );
}

function sourceTable(sources: ClaimSource[], lang: Lang): HTMLElement {
  if (!sources.length) return el("span", {});
  const link = (one: ClaimSource) => {
    const text = ownWords(one, "title", lang) || one.source_id || one.table || "";
    // only web addresses become links
    return one.url && /^https?:\/\//.test(one.url) ? el("a", { href: one.url, rel: "noreferrer noopener", target: "_blank" }, text) : el("span", {}, text);
  };
  const rows = sources.map((one) =>
    el(
      "li",
      {},
      link(one),
      el("span", { class: "small" }, ` ${[one.publisher, one.published ? say(lang, "published", { year: one.published }) : null, one.reprinted_by ? say(lang, "reprinted", { by: one.reprinted_by }) : null, one.year ? say(lang, "dataOf", { year: one.year }) : null, one.vintage ? `${say(lang, "vintage")} ${lang === "zh" ? (one.vintage_zh ?? one.vintage) : one.vintage}` : null, one.table, one.rows ? say(lang, "rows", { n: one.rows }) : null].filter(Boolean).join(" · ")} `),
      one.status ? statusMark(one.status, lang) : null,
    ),
  );
  return el("div", {}, el("h4", {}, say(lang, "inputs")), el("ul", { class: "inputs" }, ...rows));
}

export function list(rows: Pair[]): HTMLElement {
  return el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function plainText(values: Record<string, unknown>, atlas: Atlas, lang: Lang): string {
  return Object.entries(values)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => {
      const city = typeof value === "string" ? atlas.cities.findIndex((one) => one.id === value) : -1;
      const called = lang === "zh" ? (atlas.names_zh[name] ?? name) : name;
      return `${called} = ${city >= 0 ? cityName(atlas, city, lang) : Array.isArray(value) ? value.join("–") : typeof value === "object" ? JSON.stringify(value) : String(value)}`;
    })
    .join(lang === "zh" ? "；" : "; ");
}

/** Settings in the language of the page where they are given in both. */
function settingsText(settings: Record<string, unknown>, atlas: Atlas, lang: Lang): string {
  const own = Object.entries(settings).filter(([name]) => (lang === "zh" ? !(`${name}_zh` in settings) : !name.endsWith("_zh")));
  return plainText(Object.fromEntries(own.map(([name, value]) => [name.replace(/_zh$/, ""), value])), atlas, lang);
}

