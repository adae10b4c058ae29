// Outlines of some points by the page's own code, for tests and benchmarks: node scripts/outlines.mjs DATA.json < ASKED.json
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const place = mkdtempSync(join(tmpdir(), "outlines-"));
try {
  const built = await rolldown({ input: join(web, "src/isochrone.ts"), logLevel: "silent" });
  const { output } = await built.generate({ format: "esm" });
  const file = join(place, "isochrone.mjs");
  writeFileSync(file, output[0].code);
  const { Isochrones } = await import(pathToFileURL(file).href);
  const { figures, script } = JSON.parse(readFileSync(process.argv[2], "utf8"));
  const isochrones = new Isochrones(figures, script);
  const answers = JSON.parse(readFileSync(0, "utf8")).map(({ lon, lat, state, percentile, window_s, cutoffs_min }) => {
    const start = performance.now();
    const field = isochrones.from(lon, lat, state, percentile, window_s);
    const outlines = isochrones.contours(field, cutoffs_min);
    return { outlines, ms: performance.now() - start };
  });
  process.stdout.write(JSON.stringify(answers));
} finally {
  rmSync(place, { recursive: true });
}
