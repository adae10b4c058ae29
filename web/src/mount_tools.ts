/** Hangs notes, exports and copied lines onto the page. */
import { Marker } from "maplibre-gl";
import type { Status } from "./contract";
import { copyAs, regionOf } from "./copy_as";
import { isochroneView, measureView } from "./copy_view";
import { el } from "./dom";
import { plainText } from "./export";
import type { ExportScene } from "./export_panel";
import { formatMinutes } from "./format";
import { BrowserNotes, ServerNotes, type Note, type NoteStore } from "./notes";
import type { Page } from "./page";
import { sourceText, worse } from "./source";
import { ISOCHRONE, STORY, formatHash } from "./state";
import { Tools } from "./tools";
import { timesTable, viewTable } from "./view_table";
import { lensTitle, say, stateLong } from "./words";
import type { ZoneResult } from "./zone";
import { startText } from "./zone_words";

/** Colour of the mark where isochrones begin. */
const WARNING = "#b4540a";

/** The page served by `megaregion serve` keeps notes with the region; from disk, or from any other server, the browser does. */
export async function noteStore(region: string): Promise<NoteStore> {
  if (!location.protocol.startsWith("http")) return new BrowserNotes(region);
  try {
    const answer = await fetch("api/about");
    if (answer.ok && "capabilities" in ((await answer.json()) as object)) return new ServerNotes();
  } catch {
    // a server of plain files knows no such address
  }
  return new BrowserNotes(region);
}

export function mountTools(page: Page, store: NoteStore, root: HTMLElement): Tools {
  const { atlas } = page;
  const markers: Marker[] = [];
  const tools = new Tools(
    {
      region: atlas.region.name,
      store,
      copied: () => copied(page),
      exported: () => exported(page),
      evidence: () => (page.zoneResult || page.model.lens(page.state) ? () => page.openEvidence() : null),
      notes: {
        middle: () => {
          const { lng, lat } = page.map.libre.getCenter();
          return { lon: lng, lat };
        },
        selected: () => {
          const { point, city } = page.state;
          if (page.zoneResult && point) return { lon: point[0], lat: point[1] };
          return city === null ? null : { lon: atlas.cities[city]!.lon, lat: atlas.cities[city]!.lat };
        },
        view: () => formatHash(page.state, atlas),
        changed: (notes) => draw(notes),
        look: (note) => page.map.fly(note.lon, note.lat),
        show: (view) => {
          location.hash = view;
        },
      },
    },
    root,
  );
  const draw = (notes: readonly Note[]) => {
    for (const marker of markers.splice(0)) marker.remove();
    notes.forEach((note, at) => {
      const label = `${page.state.lang === "zh" ? "备注" : "Note"} ${at + 1}: ${note.text.slice(0, 80)}`;
      // a click on it is not one on the map
      const element = el("button", { type: "button", class: "note-mark", "aria-label": label, title: label, onclick: (event) => (event.stopPropagation(), tools.open("notes")) }, String(at + 1));
      markers.push(new Marker({ element }).setLngLat([note.lon, note.lat]).addTo(page.map.libre));
    });
  };
  page.panel.append(el("footer", { class: "tools-foot" }, tools.buttons));
  page.map.libre.on("contextmenu", (event) => tools.noteAt({ lon: event.lngLat.lng, lat: event.lngLat.lat }));
  page.onMore = () => tools.open("export");
  const follow = () => tools.draw(page.state.lang);
  page.followers.push(follow);
  follow();
  return tools;
}

function software(page: Page): string {
  return `megaregion ${(page.atlas.software ?? "").split(" ")[0]}`.trim();
}

function copied(page: Page) {
  const { atlas, model, state } = page;
  const region = regionOf(atlas.region, software(page), page.folder);
  const ask = page.zoneResult?.ask;
  if (ask && atlas.isochrones) {
    const [now, before] = [model.state(ask.now), ask.difference ? model.state(ask.before) : null];
    const { window_s } = atlas.isochrones;
    return now ? copyAs(isochroneView(atlas.states, [ask.lon, ask.lat], { ...ask, window_s }, now, before), region) : null;
  }
  const lens = state.measure === ISOCHRONE ? null : model.lens(state);
  if (state.question === STORY) return copyAs({ kind: "claims" }, region);
  if (!lens) return null;
  const id = (city: number | null) => (city === null ? null : atlas.cities[city]!.id);
  return copyAs(measureView(atlas.states, lens, id(state.city), id(state.to)), region);
}

function exported(page: Page): ExportScene {
  const { atlas, model, state } = page;
  const { lang } = state;
  const zone = page.zoneResult;
  const lens = zone || state.question === STORY ? null : model.lens(state);
  const held = lens ? (lens.difference ? [model.plain(lens, "before"), model.plain(lens)] : [lens]).flatMap((one) => model.held(one) ?? []) : [];
  const inputs = held.flatMap((one) => one.inputs);
  const [now, before] = zone ? [model.state(zone.ask.now), zone.ask.difference ? model.state(zone.ask.before) : null] : [lens?.now ?? null, lens?.difference ? lens.before : null];
  const feeds = zone ? [before, now].flatMap((one) => one?.feeds ?? []) : [];
  const rests = [...inputs, ...feeds.map((feed) => ({ table: "feeds", source_id: feed.source_id ?? undefined, status: feed.status ?? undefined, year: undefined, vintage: undefined }))];
  const used = new Map<string, Status | null>();
  for (const { source_id, status } of rests) if (source_id) used.set(source_id, worse(used.get(source_id), status as Status | undefined));
  const own = [...used].map(([id, status]) => sourceText(atlas, id, lang, status));
  const titles = atlas.drawn_from.filter((id) => !used.has(id)).map((id) => [sourceText(atlas, id, lang), atlas.sources[id]?.licence].filter(Boolean).join(", "));
  const title = zone ? zoneTitle(page, zone) : lens ? lensTitle(lens, lang) : atlas.title[lang];
  const chart = page.chartSvg;
  return {
    lang,
    subtitle: [atlas.title[lang], ...(zone ? [page.zoneHow.replace(/[.。]$/, "")] : []), ...[before, now].flatMap((one) => (one ? [stateLong(one, lens?.measure ?? null, lang)] : []))].join(" · "),
    about: {
      title,
      measure: zone ? ISOCHRONE : (lens?.measure.name ?? state.question),
      unit: zone ? "s" : (lens?.measure.unit ?? ""),
      state: [before, now].flatMap((one) => (one ? [one.id] : [])).join(" "),
      formula: zone && atlas.isochrones ? `${atlas.isochrones.definition[lang]} ${atlas.isochrones.ground[lang]}` : (lens?.measure.formula[lang] ?? ""),
      sources: rests.map((input) => {
        const source = input.source_id ? atlas.sources[input.source_id] : undefined;
        return { title: source?.title ?? input.source_id ?? input.table, publisher: source?.publisher ?? null, reprinted_by: source?.reprinted_by ?? null, published: source?.year ?? null, year: input.year === undefined ? null : String(input.year), vintage: input.vintage ?? null, url: source?.url ?? null, licence: source?.licence ?? null, status: input.status ?? null };
      }),
      region: atlas.region,
      software: software(page),
      view: formatHash(state, atlas),
      settings: zone ? { ...zone.ask, start: startText(atlas, state), window_s: atlas.isochrones?.window_s, land: page.zoneHow } : { states: held.map((one) => ({ ...one.settings, ...one.parameters, key: one.key })) },
    },
    table: viewTable(page),
    times: timesTable(page),
    map: { canvas: page.map.libre.getCanvas(), marks: zone ? [{ ...page.map.libre.project([zone.ask.lon, zone.ask.lat]), fill: WARNING }] : [], legend: page.legendElement, legendTitle: plainText(page.legendElement.querySelector("h2")) },
    chart: chart?.checkVisibility() ? chart : null,
    geopackage: atlas.geopackage ?? null,
    credit: `${lang === "zh" ? "来源" : "Sources"}: ${[...new Set([...own, ...titles])].join("; ")}. ${say(lang, "region")}: ${atlas.region.name} ${atlas.region.version}. ${software(page)}`,
  };
}

/** "reached from Shanghai (121.4581, 31.2222) within 60 min · p50" */
function zoneTitle(page: Page, { ask }: ZoneResult): string {
  const { lang } = page.state;
  return `${say(lang, "isochroneOf", { place: startText(page.atlas, page.state), time: formatMinutes(ask.cutoff, lang) })} · p${ask.percentile}`;
}
