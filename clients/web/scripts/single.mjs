/**
 * Makes single/klankbord.html of a build with `--mode file`: the whole page in one file, for a works council to hand out.
 *
 * `klankbord page-file` puts parties.json between <script type="application/json" id="parties"> and </script>, and its
 * services into the policy (clients/cli/page_single.py); "null" must be among the parties' pages, which is what browsers
 * call a file.
 *
 * What a host says in headers stands in a <meta> here. The hashes allow exactly the script and the style of this file;
 * the addresses of services are in parties.json, so as long as there is none the policy allows any with TLS, and those of
 * this machine for trials.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where the build is, and becomes one file. */
const folder = process.argv[2] ?? join(import.meta.dirname, "..", "single");
const read = (end) => {
  const name = readdirSync(join(folder, "assets")).find((one) => one.endsWith(end));
  return readFileSync(join(folder, "assets", name), "utf8").trim();
};
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

// A closing tag in a text would end the script; in JavaScript the same string can be written otherwise.
const script = read(".js").replaceAll("</script", "<\\/script");
const style = read(".css");
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "img-src data: blob:",
  "connect-src https: http://localhost:* http://127.0.0.1:*",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const page = readFileSync(join(folder, "index.html"), "utf8")
  .replace(/\s*<link rel="(icon|stylesheet)"[^>]*>/g, "")
  .replace(/\s*<script type="module"[^>]*><\/script>/, "")
  .replace('<meta charset="utf-8" />', `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`)
  .replace("</head>", () => `<style>${style}</style>\n  </head>`)
  .replace(
    "</body>",
    () => `  <script type="application/json" id="parties"></script>\n    <script type="module">${script}</script>\n  </body>`,
  );
rmSync(folder, { recursive: true });
mkdirSync(folder);
writeFileSync(join(folder, "klankbord.html"), page);
