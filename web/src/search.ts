/** Search for a city or a station in Chinese, English, pinyin or initials. */
import type { Atlas } from "./contract";
import { el } from "./dom";
import { shortName } from "./format";
import type { Lang } from "./state";

/** Key `search` of data.js: pinyin and initials of each city and station, in their order; see `atlas_search.py`. */
export interface Spellings {
  cities: [string, string][];
  stations: [string, string][];
}

export interface Found {
  kind: "city" | "station";
  /** Position in `cities` or `stations`. */
  index: number;
  lon: number;
  lat: number;
  name: string;
  name_en: string;
  /** Province of a city, city of a station; in both languages. */
  within: { en: string; zh: string };
}

interface Entry extends Found {
  /** How it is written, folded: names first, then pinyin. */
  spelt: string[];
  words: string[];
  initials: string;
  weight: number;
}

const WORDS = {
  en: {
    label: "Search for a city or station",
    placeholder: "City or station",
    city: "city",
    station: "station",
    none: "Nothing found. Type Chinese, English, pinyin (shanghai) or initials (sh).",
    count: (n: number) => (n === 1 ? "1 result" : `${n} results`),
  },
  zh: {
    label: "搜索城市或车站",
    placeholder: "城市或车站",
    city: "城市",
    station: "车站",
    none: "没有找到。可输入中文、英文、拼音（shanghai）或首字母（sh）。",
    count: (n: number) => `${n} 个结果`,
  },
} as const;

/** Lower case, without tones, spaces and signs, so that Lu'an, lu an and Lǜ'an meet. */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .replace(/[üǖǘǚǜ]/g, "v")
    .normalize("NFKD")
    .replace(/[\p{M}\s'’·.,()（）-]/gu, "");
}

export class SearchIndex {
  readonly #entries: Entry[];

  constructor(atlas: Atlas, spellings: Spellings | null = null) {
    const entry = (found: Found, spelling: [string, string] | undefined, weight: number): Entry => ({
      ...found,
      spelt: [...new Set([found.name, shortName(found.name), found.name_en, spelling?.[0] ?? ""].map(fold))].filter(Boolean),
      words: found.name_en.split(/[\s-]+/).slice(1).map(fold),
      initials: spelling?.[1] ?? "",
      weight,
    });
    const cities = atlas.cities.map((city, index) =>
      entry({ kind: "city", index, lon: city.lon, lat: city.lat, name: city.name, name_en: city.name_en, within: { en: city.province_en ?? "", zh: city.province ?? "" } }, spellings?.cities[index], city.population ?? 0),
    );
    const stations = atlas.stations.map(([name, name_en, lon, lat, at], index) => {
      const city = at === null ? undefined : atlas.cities[at];
      const within = { en: city?.name_en ?? "", zh: city ? shortName(city.name) : "" };
      return entry({ kind: "station", index, lon, lat, name, name_en: name_en ?? name, within }, spellings?.stations[index], city?.population ?? 0);
    });
    this.#entries = [...cities, ...stations];
  }

  /** Best matches first: whole names, beginnings, initials, words, parts; of equals cities, and then the larger ones. */
  find(query: string, limit = 8): Found[] {
    const wanted = fold(query);
    const bare = wanted.replace(/(市|火车站|站)$/, "") || wanted;
    if (!wanted) return [];
    const ranked = this.#entries.map((one) => ({ one, rank: Math.min(rank(one, wanted), rank(one, bare)) })).filter(({ rank: found }) => found < Infinity);
    const first = wanted.endsWith("站") ? "station" : "city";
    ranked.sort((a, b) => a.rank - b.rank || Number(a.one.kind !== first) - Number(b.one.kind !== first) || b.one.weight - a.one.weight || a.one.name.length - b.one.name.length || a.one.index - b.one.index);
    return ranked.slice(0, limit).map(({ one: { kind, index, lon, lat, name, name_en, within } }) => ({ kind, index, lon, lat, name, name_en, within }));
  }
}

function rank({ spelt, words, initials }: Entry, wanted: string): number {
  if (spelt.includes(wanted)) return 0;
  if (initials === wanted) return 1;
  if (spelt.some((one) => one.startsWith(wanted))) return 2;
  if (wanted.length > 1 && initials.startsWith(wanted)) return 3;
  if (words.some((one) => one.startsWith(wanted))) return 4;
  // one letter is in every name
  const parts = wanted.length > 1 || /\p{Script=Han}/u.test(wanted);
  return parts && spelt.some((one) => one.includes(wanted)) ? 5 : Infinity;
}

/** A field with a list of matches, as the combobox of the ARIA practices; it says what was picked and nothing more. */
export class SearchBox {
  readonly element: HTMLElement;
  readonly #index: SearchIndex;
  readonly #pick: (found: Found) => void;
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #status = el("p", { class: "unseen", role: "status" });
  #lang: Lang = "en";
  #found: Found[] = [];
  #active = -1;

  constructor(index: SearchIndex, pick: (found: Found) => void, id = "search") {
    this.#index = index;
    this.#pick = pick;
    this.#list = el("ul", { class: "search-list", role: "listbox", id: `${id}-list`, hidden: true });
    this.#input = el("input", {
      type: "text",
      id,
      class: "search-input",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": `${id}-list`,
      oninput: () => this.#search(),
      onkeydown: (event) => this.#key(event as KeyboardEvent),
      onfocus: () => this.#search(),
      onblur: () => this.#close(),
    });
    this.element = el("div", { class: "search" }, this.#input, this.#list, this.#status);
    this.draw("en");
  }

  draw(lang: Lang): void {
    this.#lang = lang;
    this.#input.placeholder = WORDS[lang].placeholder;
    this.#input.setAttribute("aria-label", WORDS[lang].label);
    this.#list.setAttribute("aria-label", WORDS[lang].label);
    if (!this.#list.hidden) this.#search();
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  #search(): void {
    const query = this.#input.value;
    this.#found = this.#index.find(query);
    this.#active = this.#found.length ? 0 : -1;
    const words = WORDS[this.#lang];
    const options = this.#found.map((found, at) => {
      const [first, other] = this.#lang === "zh" ? [shortName(found.name), found.name_en] : [found.name_en, shortName(found.name)];
      const within = found.within[this.#lang];
      return el(
        "li",
        {
          role: "option",
          id: `${this.#list.id}-${at}`,
          // the field keeps the focus, so that its list stays open until the click
          onpointerdown: (event) => event.preventDefault(),
          onclick: () => this.#choose(at),
          onpointermove: () => this.#activate(at),
        },
        el("span", { class: "search-name" }, first, other === first ? null : el("span", { class: "search-other" }, ` ${other}`)),
        el("span", { class: "search-kind" }, within && within !== first ? `${words[found.kind]} · ${within}` : words[found.kind]),
      );
    });
    const empty = query.trim() !== "" && !options.length;
    this.#list.replaceChildren(...(empty ? [el("li", { role: "option", "aria-disabled": "true", class: "search-none" }, words.none)] : options));
    const open = query.trim() !== "";
    this.#list.hidden = !open;
    this.#input.setAttribute("aria-expanded", String(open));
    this.#status.textContent = open ? (empty ? words.none : words.count(options.length)) : "";
    this.#activate(this.#active);
  }

  #activate(at: number): void {
    this.#active = at;
    [...this.#list.children].forEach((option, position) => option.setAttribute("aria-selected", String(position === at)));
    if (at < 0 || this.#list.hidden) this.#input.removeAttribute("aria-activedescendant");
    else {
      this.#input.setAttribute("aria-activedescendant", `${this.#list.id}-${at}`);
      this.#list.children[at]?.scrollIntoView({ block: "nearest" });
    }
  }

  #key(event: KeyboardEvent): void {
    // Enter and arrows belong to the input method while characters are composed
    if (event.isComposing) return;
    const open = !this.#list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!open) this.#search();
      else if (this.#found.length) this.#activate((this.#active + (event.key === "ArrowDown" ? 1 : -1) + this.#found.length) % this.#found.length);
      event.preventDefault();
    } else if (event.key === "Enter" && open) {
      if (this.#active >= 0) this.#choose(this.#active);
      event.preventDefault();
    } else if (event.key === "Escape" && (open || this.#input.value)) {
      // the page's own Escape clears the selection
      event.stopPropagation();
      if (open) this.#close();
      else this.#input.value = "";
    }
  }

  #choose(at: number): void {
    const found = this.#found[at];
    if (!found) return;
    this.#input.value = this.#lang === "zh" ? shortName(found.name) : found.name_en;
    this.#close();
    this.#pick(found);
  }

  #close(): void {
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
  }
}
