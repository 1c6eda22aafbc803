// Writes src/api/schema.d.ts from openapi.json; with --check, says whether it is fresh.
// A parameter whose type the document names but does not describe is taken for text: the pages only ever send text there.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const OUT = new URL("src/api/schema.d.ts", import.meta.url);
const source = readFileSync(new URL("openapi.json", import.meta.url), "utf8");
const document = JSON.parse(source);
for (const [, name] of source.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) document.components.schemas[name] ??= { type: "string" };
const text = `// Generated from openapi.json by \`npm run types\`.\n${astToString(await openapiTS(document))}`;
if (!process.argv.includes("--check")) writeFileSync(OUT, text);
else if (readFileSync(OUT, "utf8") !== text) {
  console.error("src/api/schema.d.ts is not what openapi.json says: run `npm run types` in web/ and commit it");
  process.exit(1);
}
