// Outlines of some points by the page's own code, for tests and benchmarks: node scripts/outlines.mjs DATA.json < ASKED.json
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const place = mkdtempSync(join(tmpdir(), "outlines-"));
try {
  const built = await rolldown({ input: ["isochrone", "land"].map((name) => join(web, `src/${name}.ts`)), logLevel: "silent" });
  const { output } = await built.generate({ format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" });
  for (const { fileName, code } of output) writeFileSync(join(place, fileName), code);
  const [{ Isochrones }, { Land }] = await Promise.all(["isochrone", "land"].map((name) => import(pathToFileURL(join(place, `${name}.mjs`)).href)));
  const { figures, script, base } = JSON.parse(readFileSync(process.argv[2], "utf8"));
  const isochrones = new Isochrones(figures, script);
  const land = new Land(base ?? []);
  const answers = JSON.parse(readFileSync(0, "utf8")).map(({ lon, lat, state, before, percentile, window_s, cutoffs_min }) => {
    const start = performance.now();
    const field = isochrones.from(lon, lat, state, percentile, window_s);
    const outlines = isochrones.contours(field, cutoffs_min);
    const ms = performance.now() - start;
    const earlier = before ? isochrones.from(lon, lat, before, percentile, window_s) : null;
    const changes = earlier ? cutoffs_min.map((minutes) => Object.fromEntries(Object.entries(isochrones.compare(earlier, field, minutes)).map(([part, shape]) => [part, land.areaKm2(shape)]))) : null;
    return { outlines, ms, land_km2: outlines.map((shape) => land.areaKm2(shape)), changes };
  });
  process.stdout.write(JSON.stringify(answers));
} finally {
  rmSync(place, { recursive: true });
}
