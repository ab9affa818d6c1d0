import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  // Nothing inline: the page's policy forbids it.
  // One file is large, and comes only when a chart is to be drawn (`lib/vega.ts`).
  // What the licences of the libraries ask for lies beside them.
  build: { target: "es2023", assetsInlineLimit: 0, modulePreload: { polyfill: false }, license: { fileName: "assets/licenses.md" }, chunkSizeWarningLimit: 900 },
});
