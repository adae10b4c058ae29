/** The numbers of a view as a table, in the units of the measure: what the CSV holds. */
import type { ExportTable } from "./export";
import type { Lens } from "./model";
import type { Page } from "./page";
import { citiesOf, shownParts } from "./zone_panel";

type Cell = string | number | null;

export function viewTable(page: Page): ExportTable | null {
  const { atlas, model, state } = page;
  const zone = page.zoneResult;
  if (zone) {
    const rows = shownParts({ left: page.zoneBefore, result: zone }).map(([result, part]): Cell[] => {
      const { ask, timesBefore } = result;
      const inside = citiesOf(atlas, result, part.kind);
      const people = inside.map((at) => atlas.cities[at]!.population);
      const known = people.every((one) => one !== null);
      return [timesBefore ? part.kind : "reached", ask.now, timesBefore ? ask.before : null, ask.lon, ask.lat, ask.cutoff, ask.percentile, part.area_km2, inside.length, known ? people.reduce<number>((sum, one) => sum + one!, 0) : null, inside.map((at) => atlas.cities[at]!.id).join(" ")];
    });
    return { columns: ["land", "state", "against", "lon", "lat", "cutoff_min", "percentile", "area_km2", "cities", "people", "city_ids"], rows };
  }
  const lens = state.question === "story" ? null : model.lens(state);
  if (!lens) return claims(page);
  const compared: [string, Lens][] = lens.difference && lens.before ? [[lens.before.id, model.plain(lens, "before")], [lens.now!.id, model.plain(lens)]] : [[lens.now?.id ?? "value", lens]];
  const unit = lens.measure.unit;
  const names = compared.map(([id]) => `${lens.measure.name}_${id}_${unit}`);
  const columns = lens.difference ? [...names, `difference_${unit}`] : names;
  const values = (read: (one: Lens) => number): Cell[] => {
    const found = compared.map(([, one]) => read(one));
    // what there was not before, or is not any more, has no difference
    return found.length === 2 ? [...found, Number.isFinite(found[0]!) && Number.isFinite(found[1]!) ? found[1]! - found[0]! : null] : found;
  };
  if (lens.measure.shape === "zone") {
    const zones = model.of(lens);
    return { columns: ["zone_id", "name", "name_en", "people", ...columns], rows: atlas.zones.map((zone, at) => [zone.id, zone.name, zone.name_en, zone.population, ...values((one) => zones.summary(one, at))]) };
  }
  const name = (at: number): Cell[] => [atlas.cities[at]!.id, atlas.cities[at]!.name, atlas.cities[at]!.name_en];
  const all = atlas.cities.map((_, at) => at);
  if (lens.measure.shape === "value") return { columns, rows: [values((one) => model.summary(one, 0))] };
  if (lens.measure.shape === "city") return { columns: ["city_id", "name", "name_en", ...columns], rows: all.map((at) => [...name(at), ...values((one) => model.summary(one, at))]) };
  const from = state.city === null ? all : [state.city];
  return {
    columns: ["from_id", "from_name", "from_name_en", "to_id", "to_name", "to_name_en", ...columns],
    rows: from.flatMap((origin) => all.filter((to) => to !== origin).map((to) => [...name(origin), ...name(to), ...values((one) => model.entry(one, origin, to))])),
  };
}

/** Beside the land that is reached from a point: the times to the centres of cities; null in other views. */
export function timesTable({ atlas, zoneResult }: Page): ExportTable | null {
  if (!zoneResult) return null;
  const { times, timesBefore } = zoneResult;
  const columns = [["time_s", times] as const, ...(timesBefore ? [["time_before_s", timesBefore] as const] : [])];
  return {
    columns: ["city_id", "name", "name_en", ...columns.map(([name]) => name)],
    rows: atlas.cities.map((city, at) => [city.id, city.name, city.name_en, ...columns.map(([, found]) => (found[at]! < Infinity ? Math.round(found[at]!) : Infinity))]),
  };
}

function claims({ atlas, state }: Page): ExportTable | null {
  if (state.question !== "story" || !atlas.claims.length) return null;
  const { lang } = state;
  return {
    columns: ["id", "statement", "verdict", "explanation", "needs"],
    rows: atlas.claims.map((claim) => [claim.id, claim.statement[lang], claim.verdict, claim.explanation[lang], claim.needs?.[lang] ?? null]),
  };
}
