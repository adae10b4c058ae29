import { defineConfig } from "vite";

// one classic script: module scripts do not load from file://
export default defineConfig({
  publicDir: false,
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    // the worker's address is set by hand, so maplibre's own import.meta.url is not needed
    rolldownOptions: { transform: { define: { "import.meta": "{}" } } },
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    lib: { entry: "src/main.ts", formats: ["iife"], name: "megaregion", fileName: () => "atlas.js", cssFileName: "atlas" },
  },
});
