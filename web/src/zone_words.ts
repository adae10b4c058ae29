/** What is said of isochrones beside their figures: where they begin, which departures count, and what is no land. */
import type { Atlas } from "./contract";
import { formatClock } from "./format";
import { distanceM } from "./isochrone";
import type { Lang, State } from "./state";
import { cityName, say } from "./words";
import { startName, startOf } from "./zone";

const WORDS = {
  en: {
    how: "{which}, {window}, door to door; {water}.",
    which5: "On the best 5 % of departures",
    which50: "Median of all departures",
    which95: "On 95 % of departures",
    dry: "land only, without sea and lakes",
    wet: "no base map, so water counts as land",
    near: "a point {km} km from {place}",
    far: "This point lies {away} km from the nearest station or city; choose one within {limit} km.",
    drawn: "Worked out in the page from whole minutes, on nodes 1 km apart: within {share} % of the engine.",
    served: "Computed by the server, with the engine of megaregion isochrone.",
    change: "Under a name: minutes to its centre, after less before.",
    sooner: "sooner",
    later: "later",
    newly: "newly within {time}",
    noLonger: "no longer within {time}",
    insideNow: "city centre inside, {after}",
    outsideNow: "city centre outside, {after}",
    start: "Start",
    departures: "Departures",
    onGround: "To a station, and on",
    water: "Water",
    computed: "Computed",
    serviceDay: "Service day",
    journeys: "Journeys held",
    typical: "Minutes of departure are typical ones: the timetable says how many trains leave in an hour",
    assumed: "What is assumed",
  },
  zh: {
    how: "{window}，{which}，门到门；{water}。",
    which5: "最快5%的出发时刻",
    which50: "各出发时刻的中位数",
    which95: "95%的出发时刻",
    dry: "仅计陆地，不含海域与湖泊",
    wet: "无底图，水面计入陆地",
    near: "距{place}{km}公里的一点",
    far: "此点距最近的车站或城市{away}公里；请选择{limit}公里以内的地点。",
    drawn: "由本页按整分钟和间距1公里的节点算出，与计算引擎相差不超过 {share}%。",
    served: "由服务器计算，与 megaregion isochrone 使用同一引擎。",
    change: "城市名下：到其中心的分钟数之差（之后减之前）。",
    sooner: "缩短",
    later: "延长",
    newly: "新进入{time}范围",
    noLonger: "不再在{time}范围内",
    insideNow: "{after}城市中心在范围内",
    outsideNow: "{after}城市中心在范围外",
    start: "出发点",
    departures: "出发时刻",
    onGround: "到车站与出站后",
    water: "水面",
    computed: "计算方式",
    serviceDay: "运行日",
    journeys: "所含行程",
    typical: "发车分钟为典型时刻：时刻表只含每小时开行列数",
    assumed: "所作假设",
  },
} as const;

export type ZoneWord = keyof typeof WORDS.en;

export function zoneSay(lang: Lang, word: ZoneWord, fill: Record<string, string | number> = {}): string {
  return WORDS[lang][word].replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ""));
}

/** Departures, door to door, and what is no land. */
export function howText(atlas: Atlas, percentile: number, onLand: boolean, lang: Lang): string {
  const window = atlas.isochrones!.window_s.map(formatClock).join("–");
  return zoneSay(lang, "how", { window, which: zoneSay(lang, `which${percentile}` as ZoneWord), water: zoneSay(lang, onLand ? "dry" : "wet") });
}

/** Longitude first, as the command takes it. */
export function coordinates([lon, lat]: readonly [number, number]): string {
  return `${lon.toFixed(4)}, ${lat.toFixed(4)}`;
}

/** Name of the start, or how far it lies from a place that has one; always with coordinates. */
export function startText(atlas: Atlas, state: State): string {
  const { lang } = state;
  const at = startOf(atlas, state);
  const named = startName(atlas, state)?.[lang];
  if (named) return `${named} (${coordinates(at)})`;
  const { place, away_m } = nearestPlace(atlas, at, lang);
  return place ? `${zoneSay(lang, "near", { km: Math.max(1, Math.round(away_m / 1000)), place })} (${coordinates(at)})` : `${say(lang, "place")} (${coordinates(at)})`;
}

/** Nearest of the stations and city centres. */
export function nearestPlace(atlas: Atlas, [lon, lat]: readonly [number, number], lang: Lang): { place: string; away_m: number } {
  let found = { place: "", away_m: Infinity };
  const look = (place: () => string, east: number, north: number) => {
    const away_m = distanceM(lon, lat, east, north);
    if (away_m < found.away_m) found = { place: place(), away_m };
  };
  atlas.cities.forEach((city, at) => look(() => cityName(atlas, at, lang), city.lon, city.lat));
  atlas.stations.forEach(([name, english, east, north]) => look(() => (lang === "zh" ? name : (english ?? name)), east, north));
  return found;
}

/** Why nothing can be reached from a point: it lies outside the region. */
export function outsideText(atlas: Atlas, at: readonly [number, number], lang: Lang): string {
  const { away_m } = nearestPlace(atlas, at, lang);
  const { outside_km } = atlas.isochrones!;
  const km = new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en", { maximumFractionDigits: 0 });
  return away_m > outside_km * 1000 ? zoneSay(lang, "far", { away: km.format(away_m / 1000), limit: km.format(outside_km) }) : "";
}
