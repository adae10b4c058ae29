/** Numbers as people read them, in both languages. */
import type { Lang } from "./state";

export const MINUS = "\u2212";

/** `45 min`, `2 h 05`; in Chinese `45分钟`, `2小时5分`: as `clock.duration` writes them in Python. */
export function formatTime(seconds: number, lang: Lang): string {
  const zh = lang === "zh";
  const whole = Math.round(seconds);
  if (whole > 0 && whole < 60) return zh ? `${whole}秒` : `${whole} s`;
  const minutes = Math.round(seconds / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (!hours) return zh ? `${minutes}分钟` : `${minutes} min`;
  if (!rest) return zh ? `${hours}小时` : `${hours} h`;
  return zh ? `${hours}小时${rest}分` : `${hours} h ${String(rest).padStart(2, "0")}`;
}

/** Minutes as minutes, for limits that are chosen in them: `100 min`. */
export function formatMinutes(minutes: number, lang: Lang): string {
  return lang === "zh" ? `${minutes}分钟` : `${minutes}\u00a0min`;
}

/** Square kilometres, with a decimal where they are few. */
export function formatArea(km2: number, lang: Lang): string {
  const text = new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en", { maximumFractionDigits: km2 < 10 ? 1 : 0 }).format(km2);
  return lang === "zh" ? `${text}平方公里` : `${text}\u00a0km²`;
}

export function formatCount(value: number, lang: Lang): string {
  return new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en", { maximumFractionDigits: value < 20 ? 1 : 0 }).format(value);
}

/** People with 万 and 亿, or millions. */
export function formatPeople(people: number, lang: Lang): string {
  if (lang === "zh") {
    const [value, unit] = people >= 1e8 ? [people / 1e8, "亿"] : people >= 1e4 ? [people / 1e4, "万"] : [people, ""];
    return `${new Intl.NumberFormat("zh-CN", { maximumSignificantDigits: 4, useGrouping: false }).format(value)}${unit}`;
  }
  if (people >= 1e6) return `${new Intl.NumberFormat("en", { maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(people / 1e6)} million`;
  return new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(people);
}

/** Clock time of a second of the service day. */
export function formatClock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Without 市, as on any map. */
export function shortName(name: string): string {
  return name.length > 2 ? name.replace(/市$/, "") : name;
}

const SCALES: Record<Lang, readonly (readonly [number, string])[]> = {
  zh: [[1e12, "万亿"], [1e8, "亿"], [1e4, "万"]],
  en: [[1e12, " trillion"], [1e9, " bn"], [1e6, " million"]],
};

/** For maps, classes and tables, where room is short. */
const BRIEF_SCALES: typeof SCALES = { ...SCALES, en: [[1e12, " tn"], [1e9, " bn"], [1e6, " mn"]] };

/** A number with the large units of the language: 3.82万亿, 1.2亿; 3.82 trillion, 120 million. Three significant digits. */
export function formatAmount(value: number, lang: Lang, scales = SCALES): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  // what rounds up to the next unit is written with it: 999,999,999 is 1 bn
  const rounded = size === 0 ? 0 : Number(size.toPrecision(3));
  const [unit, name] = scales[lang].find(([least]) => rounded >= least) ?? [1, ""];
  const text = new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en", { maximumSignificantDigits: 3, useGrouping: !name }).format(size / unit);
  return `${value < 0 ? MINUS : ""}${text}${name}`;
}

/** Units of measures as `study/measures.py` names them; times, shares and money have forms of their own. */
const UNIT_WORDS: Record<string, { en: string; zh: string }> = {
  person: { en: "people", zh: "人" },
  km: { en: "km", zh: "公里" },
  km2: { en: "km²", zh: "平方公里" },
  "trains/day": { en: "trains a day", zh: "列/日" },
  trains: { en: "trains", zh: "列" },
  cities: { en: "cities", zh: "个城市" },
  "CNY/h": { en: "CNY an hour away", zh: "元/小时" },
  ratio: { en: "times", zh: "倍" },
  index: { en: "", zh: "" },
};

/** A value with its unit, as people read it. */
export function formatUnit(value: number, unit: string, lang: Lang): string {
  if (!Number.isFinite(value)) return "–";
  if (unit === "s") return value < 0 ? `${MINUS}${formatTime(-value, lang)}` : formatTime(value, lang);
  if (unit === "share") {
    const percent = new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en", { maximumFractionDigits: 1 }).format(Math.abs(value) * 100);
    return `${value < 0 ? MINUS : ""}${percent}%`;
  }
  const amount = formatAmount(value, lang);
  if (unit === "CNY") return lang === "zh" ? `${amount}元` : `CNY ${amount}`;
  if (unit === "CNY/person") return lang === "zh" ? `${amount}元/人` : `CNY ${amount} a person`;
  const word = UNIT_WORDS[unit]?.[lang] ?? unit;
  if (!word) return amount;
  return lang === "zh" && UNIT_WORDS[unit] ? `${amount}${word}` : `${amount}\u00a0${word}`;
}

/** A difference with its sign and unit; what is shown as zero has the sign ±. */
export function formatDifference(value: number, unit: string, lang: Lang): string {
  if (!Number.isFinite(value)) return "–";
  const shown = unit === "s" ? Math.round(value / 60) * 60 : unit === "share" ? Math.round(value * 1000) / 1000 : value;
  const sign = shown > 0 ? "+" : shown < 0 ? MINUS : "\u00b1";
  // money is written with its currency first: the sign goes before that
  return `${sign}${formatUnit(Math.abs(shown), unit, lang)}`;
}

/** A change that is the value of a measure, with its sign; two figures where it is small. */
export function formatSigned(value: number, unit: string, lang: Lang): string {
  if (unit !== "share" || !Number.isFinite(value) || value === 0) return formatDifference(value, unit, lang);
  const percent = Math.abs(value) * 100;
  const figures = percent < 1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 1 };
  return `${value < 0 ? MINUS : "+"}${new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en", figures).format(percent)}%`;
}

/** Without its unit, for the map and for classes: the legend names the unit. */
export function formatBrief(value: number, unit: string, lang: Lang): string {
  if (!Number.isFinite(value)) return "–";
  if (unit === "s") return formatCount(Math.round(value / 60), lang);
  if (unit === "share") return formatUnit(value, unit, lang);
  return formatAmount(value, lang, BRIEF_SCALES);
}

export function formatBriefChange(value: number, unit: string, lang: Lang): string {
  const text = formatBrief(Math.abs(value), unit, lang);
  return `${/^0(%|$)/.test(text) ? "\u00b1" : value > 0 ? "+" : value < 0 ? MINUS : "\u00b1"}${text}`;
}
