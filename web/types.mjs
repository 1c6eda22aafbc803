// Writes src/api/schema.d.ts from openapi.json; with --check, says whether it is fresh.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const OUT = new URL("src/api/schema.d.ts", import.meta.url);
const text = `// Generated from openapi.json by \`npm run types\`.\n${astToString(await openapiTS(new URL("openapi.json", import.meta.url)))}`;
if (!process.argv.includes("--check")) writeFileSync(OUT, text);
else if (readFileSync(OUT, "utf8") !== text) {
  console.error("src/api/schema.d.ts is not what openapi.json says: run `npm run types` in web/ and commit it");
  process.exit(1);
}
