// Put the built page where the Python package ships it, with the licences of what is inside and the hashes of both sides.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const assets = join(web, "../src/megaregion/publish/static/atlas");
mkdirSync(assets, { recursive: true });
for (const name of ["atlas.js", "atlas.css"]) cpSync(join(web, "dist", name), join(assets, name));
cpSync(join(web, "page/index.html"), join(assets, "index.html"));

const lock = JSON.parse(readFileSync(join(web, "package-lock.json"), "utf8"));
const notices = Object.entries(lock.packages)
  .filter(([path, entry]) => path && !entry.dev && !entry.devOptional && !entry.optional)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([path, entry]) => {
    const file = readdirSync(join(web, path)).find((name) => /^licen[cs]e/i.test(name));
    const text = file ? readFileSync(join(web, path, file), "utf8").trim() : "";
    return `${path.replace(/^.*node_modules\//, "")} ${entry.version} (${entry.license ?? "see text"})\n\n${text}\n`;
  });
writeFileSync(join(assets, "THIRD_PARTY.txt"), `atlas.js holds, in whole or in part:\n\n${notices.join(`\n${"-".repeat(78)}\n\n`)}`);

const hash = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
const walk = (folder) =>
  readdirSync(join(web, folder), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? walk(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]));
const sources = [...walk("src"), ...walk("page"), ...walk("scripts"), "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"];
const built = ["THIRD_PARTY.txt", "atlas.css", "atlas.js", "index.html"];
const lines = [...sources.map((name) => [`web/${name}`, join(web, name)]), ...built.map((name) => [`src/megaregion/publish/static/atlas/${name}`, join(assets, name)])]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, path]) => `${hash(path)}  ${name}\n`);
writeFileSync(join(assets, "SHA256SUMS"), lines.join(""));
