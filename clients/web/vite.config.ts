/** Two builds of one page: files for a host (built/), and with `--mode file` everything in one file (single/). */

import { defineConfig } from "vite";

export default defineConfig(({ mode }) => {
  const single = mode === "file";
  return {
    // Relative addresses: the page may stand under any path.
    base: "./",
    build: {
      outDir: single ? "single" : "built",
      target: "es2022",
      // What is loaded later has no files of its own to load ahead.
      modulePreload: false,
      assetsInlineLimit: 0,
      cssCodeSplit: false,
      reportCompressedSize: false,
      // All that the first screen needs is one file: a phone asks once, and it packs better.
      rolldownOptions: {
        output: { codeSplitting: single ? false : { groups: [{ name: "page", tags: ["$initial"] }] } },
      },
    },
    worker: { format: "es" },
  };
});
