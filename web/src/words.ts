/** All words of the page in both languages. */
import type { Atlas, Feed } from "./contract";
import { formatClock, shortName } from "./format";
import type { Lang, MeasureName, When } from "./state";

const EN = {
  skip: "Skip to the table",
  question: "How long to everywhere?",
  year: "Timetable",
  measure: "Measure",
  difference: "difference",
  language: "中文",
  languageLabel: "切换为中文",
  fastest_train: "Fastest train",
  typical: "Typical journey",
  trains: "Trains a day",
  fastest_train_long: "fastest direct train, station to station",
  typical_long: "median journey with waiting, access and changes",
  trains_long: "direct trains a day",
  map: "Map of cities and rail lines. The table below holds the same figures.",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  matrix: "All pairs",
  matrixNote: "Rows: from; columns: to. Neighbours in time stand together.",
  enlarge: "Enlarge",
  close: "Close",
  table: "Table",
  city: "City",
  change: "Change",
  clear: "Clear selection",
  reverse: "Other direction",
  median: "median to all others",
  sum: "direct trains a day to all others",
  none_time: "no direct train",
  none_typical: "not reachable in the window",
  none_time_median: "no direct train to half or more",
  none_typical_median: "half or more not reachable",
  nodata: "no data",
  self: "selected city",
  gained_time: "new: {first} had none",
  lost_time: "lost: {last} has none",
  shorter: "shorter",
  longer: "longer",
  fewer: "fewer trains",
  more: "more trains",
  same: "about the same",
  unchanged: "no change",
  all: "all values",
  lines: "Rail lines, trains a day",
  highSpeed: "G, C, D trains",
  other: "other trains",
  linesMore: "more",
  linesFewer: "fewer (dashed)",
  straight: "Lines join stations by straight segments; trains that skip stations are led over them.",
  cells: "City areas are cells of the nearest city centre clipped to land, not official boundaries.",
  ownCells: "City areas come from the outlines supplied with the region.",
  rule: "How it is counted",
  ruleTrain: "Fastest direct train of the day between the principal stations of the two cities (those near the centre, or the nearest one), from departure to arrival. No access, waiting or change.",
  ruleTypical: "Leaving at any second of the window {window}, half of the travel times are shorter. Waiting, access and changes count.",
  ruleTrains: "Direct trains a day between the principal stations of the two cities (those near the centre, or the nearest one), in one direction.",
  ruleChange: "Change time at a station {minutes} min.",
  ruleAccess: "Access: {rule}.",
  ruleTypicalDepartures: "Services are aggregated patterns: departure minutes are typical, not exact.",
  evidence: "Sources and files",
  illustrative: "Illustrative data: some rows of this region are made up to show the page.",
  dark: "Dark = well connected.",
  files: "The figures as files",
  region: "Region version",
  unit_time: "min",
  unit_trains: "trains a day",
  timetable: "{year} timetable",
  people: "{n} people ({year})",
  pick: "Choose a city on the map, in the matrix or in the table.",
  before: "{year}: {value}",
  sortBy: "Sort by {column}",
  reach: "Reach of {station}",
  reachWithin: "Within",
  reachOf: "reached from {station} within {time}",
  reachThen: "{year}: reached within {time}",
  reachKept: "in {first} and in {last}",
  reachGained: "gained: in {last} only",
  reachLost: "lost: in {first} only",
  reachArea: "Land reached, km²",
  reachPeople: "Cities whose centre lies inside, and their people in millions",
  reachPeopleNote: "In brackets the number of cities. A city counts with all its people as soon as its centre lies inside. People by {census}, the same for all years.",
  gained: "gained",
  lost: "lost",
  reachMark: "{station}",
  reachInside: "city centre inside",
  reachOutside: "city centre outside",
  reachValue: "Number under a name: the least of the cut-offs (min) within which its centre is reached.",
  reachChange: "+ or \u2212 under a name: its centre is gained or lost.",
  reachMedian: "Median travel time over all departures from the platform, {window}, with waiting and changes.",
  reachGround: "Onwards from a station: {rule}; {minutes} min at most, so the land ends there.",
  reachCells: "Computed at points {cell} apart; outlines simplified to about {metres} m.",
  reachLand: "Sea and lakes are cut out.",
  reachFigures: "Figures are those of the outlines before they are simplified. Full outlines as a file:",
  reachLoading: "Loading the outlines…",
  reachMissing: "{file} is missing beside this page; the table still holds. Write the atlas again: megaregion atlas FOLDER.",
  reachLines: "Rail lines of {year}, trains a day",
  reachTip: "{year}: centre within {time}",
  reachTipNot: "{year}: centre not within {time}",
  census: "census {years}",
};

type Words = typeof EN;
export type Word = keyof Words;

const ZH: Words = {
  skip: "跳到表格",
  question: "到各城市要多久？",
  year: "时刻表",
  measure: "指标",
  difference: "变化",
  language: "EN",
  languageLabel: "Switch to English",
  fastest_train: "最快列车",
  typical: "典型行程",
  trains: "每日车次",
  fastest_train_long: "最快直达列车，站到站",
  typical_long: "行程中位数，含等候、接驳与换乘",
  trains_long: "每日直达列车",
  map: "城市与铁路线地图。下方表格含相同数据。",
  zoomIn: "放大",
  zoomOut: "缩小",
  matrix: "全部城市对",
  matrixNote: "行为出发，列为到达；时间相近的城市排在一起。",
  enlarge: "放大查看",
  close: "关闭",
  table: "表格",
  city: "城市",
  change: "变化",
  clear: "清除选择",
  reverse: "反方向",
  median: "到其余各城市的中位数",
  sum: "到其余各城市的每日直达列车",
  none_time: "无直达列车",
  none_typical: "时段内不可达",
  none_time_median: "半数及以上无直达列车",
  none_typical_median: "半数及以上不可达",
  nodata: "无数据",
  self: "所选城市",
  gained_time: "新增：{first}年没有",
  lost_time: "取消：{last}年没有",
  shorter: "缩短",
  longer: "延长",
  fewer: "车次减少",
  more: "车次增加",
  same: "基本不变",
  unchanged: "无变化",
  all: "全部数值",
  lines: "铁路线，每日车次",
  highSpeed: "G、C、D 字头",
  other: "其他列车",
  linesMore: "增加",
  linesFewer: "减少（虚线）",
  straight: "线路以直线连接车站；越站列车归入途经车站之间的区段。",
  cells: "城市范围为“最近城市中心”分区并按陆地裁剪，不是行政边界。",
  ownCells: "城市范围采用该区域自带的边界。",
  rule: "统计口径",
  ruleTrain: "当日两城主要车站（市中心附近，或最近的一座）之间最快的直达列车，从发车到到达；不含接驳、等候与换乘。",
  ruleTypical: "在 {window} 之间任意一秒出发，有一半的行程用时更短；含等候、接驳与换乘。",
  ruleTrains: "两城主要车站（市中心附近，或最近的一座）之间每日直达列车数（单向）。",
  ruleChange: "站内换乘 {minutes} 分钟。",
  ruleAccess: "接驳规则：{rule}。",
  ruleTypicalDepartures: "列车按汇总模式表示：发车分钟为典型值，并非精确时刻。",
  evidence: "来源与文件",
  illustrative: "示意数据：本区域部分数据为演示而编写。",
  dark: "颜色越深，联系越便捷。",
  files: "数据文件",
  region: "区域版本",
  unit_time: "分钟",
  unit_trains: "列/日",
  timetable: "{year}年时刻表",
  people: "{n}人（{year}年）",
  pick: "在地图、矩阵或表格中选择一个城市。",
  before: "{year}年：{value}",
  sortBy: "按{column}排序",
  reach: "{station}可达范围",
  reachWithin: "时限",
  reachOf: "从{station}出发，{time}内可达",
  reachThen: "{year}年：{time}内可达",
  reachKept: "{first}年与{last}年均可达",
  reachGained: "新增：仅{last}年可达",
  reachLost: "减少：仅{first}年可达",
  reachArea: "可达陆地面积，平方公里",
  reachPeople: "中心位于范围内的城市及其人口，万人",
  reachPeopleNote: "括号内为城市数。城市中心一旦位于范围内，即计入全市人口。人口据{census}，各年相同。",
  gained: "新增",
  lost: "减少",
  reachMark: "{station}站",
  reachInside: "城市中心在范围内",
  reachOutside: "城市中心在范围外",
  reachValue: "城市名下的数字：可达其中心的最小时限（分钟）。",
  reachChange: "城市名下的 + 或 \u2212：其中心新纳入或不再可达。",
  reachMedian: "{window} 之间任意时刻从站台出发的旅行时间中位数，含等候与换乘。",
  reachGround: "出站后：{rule}；至多 {minutes} 分钟，范围止于此。",
  reachCells: "按间距 {cell}的点计算；轮廓简化至约 {metres} 米。",
  reachLand: "不含海面与湖面。",
  reachFigures: "各数值按简化前的轮廓计算。导出完整轮廓：",
  reachLoading: "正在载入轮廓……",
  reachMissing: "本页旁缺少 {file}；表格仍然有效。请重新生成：megaregion atlas FOLDER。",
  reachLines: "{year}年铁路线，每日车次",
  reachTip: "{year}年：{time}内可达市中心",
  reachTipNot: "{year}年：{time}内不可达市中心",
  census: "{years}年人口普查",
};

const CATALOGUE: Record<Lang, Words> = { en: EN, zh: ZH };

/** A phrase with `{name}` places filled. */
export function say(lang: Lang, word: Word, fill: Record<string, string | number> = {}): string {
  return CATALOGUE[lang][word].replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ""));
}

/** Name of a city in a sentence; cities that share an English name carry their province. */
export function cityName(atlas: Atlas, at: number, lang: Lang): string {
  const city = atlas.cities[at]!;
  if (lang === "zh") return shortName(city.name);
  const twins = atlas.cities.filter((other) => other.name_en === city.name_en).length;
  return twins > 1 && city.province_en ? `${city.name_en} (${city.province_en})` : city.name_en;
}

/** `2012 timetable (Jul–Aug)`: the year, and the months where the feeds name part of a year. */
export function timetableName(feeds: Feed[], year: number, lang: Lang): string {
  const months = monthsOf(feeds, year, lang);
  const base = say(lang, "timetable", { year });
  if (!months) return base;
  return lang === "zh" ? `${base}（${months}）` : `${base} (${months})`;
}

function monthsOf(feeds: Feed[], year: number, lang: Lang): string {
  const dates = feeds.flatMap((feed) => [feed.first_date, feed.last_date]).filter((date): date is string => !!date).sort();
  const [first, last] = [dates[0], dates[dates.length - 1]];
  if (!first || !last || Number(first.slice(0, 4)) !== year || Number(last.slice(0, 4)) !== year) return "";
  const [from, to] = [Number(first.slice(5, 7)), Number(last.slice(5, 7))];
  if (from === 1 && to === 12) return "";
  const month = (at: number) =>
    new Intl.DateTimeFormat(lang === "zh" ? "zh-CN" : "en", { month: "short", timeZone: "UTC" }).format(new Date(Date.UTC(year, at - 1, 1)));
  if (lang === "zh") return from === to ? `${from}月` : `${from}—${to}月`;
  return from === to ? month(from) : `${month(from)}–${month(to)}`;
}

/** Legend title: the measure, and of which timetable. */
export function measureTitle(atlas: Atlas, measure: MeasureName, when: When, lang: Lang): string {
  const first = atlas.years[0]!;
  const last = atlas.years[atlas.years.length - 1]!;
  const time = when === "difference" ? (lang === "zh" ? `${first}→${last}年变化` : `change ${first} to ${last}`) : lang === "zh" ? `${when}年` : String(when);
  return lang === "zh" ? `${say(lang, measure)}，${time}` : `${say(lang, measure)}, ${time}`;
}

/** The rule behind a measure, in words: as the provenance states it, or the rule of `megaregion` itself. */
export function ruleText(atlas: Atlas, measure: MeasureName, when: When, lang: Lang): string {
  const year = when === "difference" ? atlas.years[atlas.years.length - 1]! : when;
  const { provenance, window_s: window } = atlas.by_year[String(year)]!;
  const stated = given(given(provenance["rules"], measure), lang);
  if (typeof stated === "string") return stated;
  if (measure !== "typical") return say(lang, measure === "trains" ? "ruleTrains" : "ruleTrain");
  const parts = [say(lang, "ruleTypical", { window: window.map(formatClock).join("–") })];
  const change = [provenance["change_time_s"]].flat().filter((value): value is number => typeof value === "number");
  if (change.length) parts.push(say(lang, "ruleChange", { minutes: [...new Set(change.map((value) => Math.round(value / 60)))].join("–") }));
  const access = (lang === "zh" && provenance["origins_zh"]) || provenance["origins"];
  if (typeof access === "string") parts.push(say(lang, "ruleAccess", { rule: access }));
  if (provenance["typical_departures"] === true) parts.push(say(lang, "ruleTypicalDepartures"));
  return parts.join(lang === "zh" ? "" : " ");
}

function given(value: unknown, key: string): unknown {
  return value && typeof value === "object" ? (value as Record<string, unknown>)[key] : undefined;
}
