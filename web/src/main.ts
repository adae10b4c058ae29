import "./style.css";
import { FORMAT, type Atlas } from "./contract";
import { el } from "./dom";
import { Live } from "./live";
import { mountTools, noteStore } from "./mount_tools";
import { Page } from "./page";

declare global {
  interface Window {
    MEGAREGION_ATLAS?: Atlas;
    /** For tests: where a city lies on the screen, what is looked at, whether all is drawn, and what the maps show. */
    megaregionAtlas?: {
      project(id: string): { x: number; y: number };
      place(lon: number, lat: number): { x: number; y: number };
      state(): unknown;
      drawn(): boolean;
      shown(): { zone: string[]; flows: number };
    };
  }
}

const root = el("div", { id: "atlas" });
document.body.append(root);
const atlas = window.MEGAREGION_ATLAS;

function refuse(english: string, chinese: string): void {
  root.append(el("p", { class: "refusal", role: "alert" }, english), el("p", { class: "refusal", lang: "zh-CN" }, chinese));
}

if (!atlas) {
  refuse("data.js is missing beside this page. Write the atlas again: megaregion atlas FOLDER.", "本页旁缺少 data.js，请重新生成：megaregion atlas FOLDER。");
} else if (atlas.format !== FORMAT) {
  refuse(`data.js has format ${atlas.format}; this page reads ${FORMAT}. Write the atlas again: megaregion atlas FOLDER.`, `data.js 的格式为 ${atlas.format}，本页只能读取 ${FORMAT}。请重新生成：megaregion atlas FOLDER。`);
} else {
  const page = new Page(atlas, root);
  void Live.connect().then((live) => live && page.goLive(live));
  void noteStore(atlas.region.name).then((store) => mountTools(page, store, root));
  window.megaregionAtlas = {
    project: (id) => page.map.project(atlas.cities.findIndex((city) => city.id === id)),
    place: (lon, lat) => page.map.place(lon, lat),
    state: () => ({ ...page.state }),
    shown: () => page.map.shown(),
    drawn: () => page.drawn,
  };
}
