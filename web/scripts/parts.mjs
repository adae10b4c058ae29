// Build the page of the tools alone for tests in a browser: node scripts/parts.mjs FOLDER
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const outDir = process.argv[2];
await build({
  root: web,
  configFile: false,
  logLevel: "error",
  publicDir: false,
  build: { outDir, emptyOutDir: false, minify: false, lib: { entry: join(web, "test/parts.ts"), formats: ["iife"], name: "made", fileName: () => "parts.js", cssFileName: "parts" } },
});
writeFileSync(join(outDir, "index.html"), '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>parts</title><link rel="stylesheet" href="parts.css"><body><script src="parts.js"></script></body></html>\n');
