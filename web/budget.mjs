// Scripts and styles that the first page needs, compressed: at most 400 KB. What previews need must not be among them.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MAX = 400_000;
const dist = new URL("dist/", import.meta.url);
const read = (path) => readFileSync(new URL(path, dist), "utf8");
const first = new Set([...read("index.html").matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path]) => path));
for (const path of first) {
  if (!path.endsWith(".js")) continue;
  for (const [, name] of read(path).matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) first.add(`assets/${name}`);
}
const sum = [...first].reduce((all, path) => all + gzipSync(read(path)).length, 0);
console.log(`first page: ${sum} of ${MAX} bytes compressed, in ${first.size} files`);
const late = [...first].filter((path) => /colours|marked|View|History|Diff/.test(path));
if (sum > MAX || late.length > 0) {
  console.error(late.length > 0 ? `the first page needs ${late.join(", ")}, which only previews should` : "the first page is too large");
  process.exit(1);
}
