/** Two builds of one page: files for a host (built/), and with `--mode file` everything in one file (single/). */

import { defineConfig, type Plugin } from "vite";

/**
 * Two modules of others that the page does without: what loads files ahead of a later one, for there are none; and
 * Node's crypto, which @hpke/common would ask where a browser has no own.
 */
const without: Plugin = {
  name: "without",
  enforce: "pre",
  resolveId: (id) => (id === "crypto" ? "\0crypto" : null),
  load(id) {
    if (id.includes("vite/preload-helper")) return "export const __vitePreload = (load) => load();";
    return id === "\0crypto" ? "export const webcrypto = undefined;" : null;
  },
};

export default defineConfig(({ mode }) => {
  const single = mode === "file";
  return {
    // Relative addresses: the page may stand under any path.
    base: "./",
    plugins: [without],
    // As tsconfig.json says, and never with the places of the source, whatever NODE_ENV is where this is built.
    oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
    build: {
      outDir: single ? "single" : "built",
      target: "es2022",
      modulePreload: false,
      assetsInlineLimit: 0,
      cssCodeSplit: false,
      reportCompressedSize: false,
      // All that the first screen needs is one file: a phone asks once, and it packs better.
      rolldownOptions: {
        output: { codeSplitting: single ? false : { groups: [{ name: "page", tags: ["$initial"] }] } },
      },
    },
    worker: { format: "es", plugins: () => [without] },
  };
});
