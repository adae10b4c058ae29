import "./style.css";
import { FORMAT, type Atlas } from "./contract";
import { el } from "./dom";
import { Page } from "./page";

declare global {
  interface Window {
    MEGAREGION_ATLAS?: Atlas;
    /** For tests: where a city lies on the screen, what is looked at, whether the map is drawn, and parts of the reach on it. */
    megaregionAtlas?: { project(id: string): { x: number; y: number }; state(): unknown; drawn(): boolean; reachDrawn(): string[] };
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
  window.megaregionAtlas = {
    project: (id) => page.map.project(atlas.cities.findIndex((city) => city.id === id)),
    state: () => ({ ...page.state }),
    reachDrawn: () => page.map.reachDrawn(),
    drawn: () => page.map.libre.loaded() && page.map.libre.areTilesLoaded(),
  };
}
