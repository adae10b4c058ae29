/** Numbers as people read them, in both languages. */
import type { Lang, MeasureName } from "./state";

export const MINUS = "\u2212";

/** `45 min`, `2 h 05 min`; in Chinese `45 分钟`, `2 小时 05 分`. */
export function formatTime(seconds: number, lang: Lang): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return lang === "zh" ? `${minutes} 分钟` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (minutes % 60 === 0) return lang === "zh" ? `${hours} 小时` : `${hours} h`;
  const rest = String(minutes % 60).padStart(2, "0");
  return lang === "zh" ? `${hours} 小时 ${rest} 分` : `${hours} h ${rest} min`;
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

export function formatValue(value: number, measure: MeasureName, lang: Lang): string {
  if (measure !== "trains") return formatTime(value, lang);
  const count = formatCount(value, lang);
  return lang === "zh" ? `${count} 列` : `${count} ${value === 1 ? "train" : "trains"}`;
}

/** With sign; zero has none. */
export function formatChange(value: number, measure: MeasureName, lang: Lang): string {
  const whole = measure === "trains" ? Math.round(value * 10) : Math.round(value / 60);
  const sign = whole > 0 ? "+" : whole < 0 ? MINUS : "\u00b1";
  return `${sign}${formatValue(Math.abs(value), measure, lang)}`;
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
