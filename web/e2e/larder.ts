// The real program over a store with real files, and a browser that notes everything it should not do.
import { test as base, expect, type Page, type Route } from "@playwright/test";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeMedia, type Media } from "./media";
import { deflateSync, crc32 } from "./png";

const LARDER = process.env["LARDER_BIN"];
/** Pages from this folder in place of the program's own: to try a change without building the program. */
const PAGES = process.env["PAGES_DIST"];

/** A store, and the program on it. */
export interface Larder {
  folder: string;
  snapshots: string[];
  run: (...args: string[]) => string;
  serve: (...args: string[]) => Promise<Served>;
  /** Shows another store than the one in the folder. */
  serveAt: (store: string, ...args: string[]) => Promise<Served>;
}

/** The program, showing a store. */
export interface Served {
  address: string;
  stop: () => Promise<void>;
}

export const HOSTILE = `<!doctype html><html><head><meta http-equiv="refresh" content="0;url=http://evil.example/r"><link rel="stylesheet" href="http://evil.example/c"><script>parent.pwned=1;alert(1)</script></head>
<body onload="alert(2)"><h1>Hostile</h1><img src="http://evil.example/i" onerror="parent.pwned=2"><a href="javascript:parent.pwned=3" id="trap">trap</a><style>@import "http://evil.example/s";body{background:url(http://evil.example/b)}</style>
<iframe src="http://evil.example/f"></iframe><form action="http://evil.example/p"><button>send</button></form><svg><script>parent.pwned=4</script></svg></body></html>`;

/** A picture of one colour. */
export function png(red: number, green: number, blue: number, side = 48): Buffer {
  const chunk = (kind: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [len, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    len.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([len, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.concat(Array.from({ length: side }, () => Buffer.from([red, green, blue])))]);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(Buffer.concat(Array.from({ length: side }, () => row)))), chunk("IEND", Buffer.alloc(0))]);
}

function makeFiles(source: string) {
  for (const folder of ["documents/letters", "pictures", "media", "code", "many", "empty"]) mkdirSync(join(source, folder), { recursive: true });
  const write = (path: string, data: string | Buffer) => writeFileSync(join(source, path), data);
  write("documents/plan.txt", "one\ntwo\nthree\nfour\n");
  write("documents/readme.md", "# A heading\n\nSome *words*.\n\n<script>parent.pwned=5</script>\n\n![x](http://evil.example/m.png) [y](javascript:parent.pwned=6)\n");
  write("documents/letters/ann & bob's.txt", "Dear all,\n");
  write("documents/hostile.html", HOSTILE);
  write("pictures/hostile.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60" onload="alert(3)"><script>parent.pwned=7;alert(4)</script><image href="http://evil.example/x"/><rect width="90" height="60" fill="teal"/></svg>');
  write("pictures/square.png", png(200, 60, 30));
  write("code/main.rs", '//! A program.\nfn main() {\n    println!("{}", 6 * 7);\n}\n');
  write("code/data.bin", Buffer.from(Array.from({ length: 9000 }, (_, at) => (at * 7) % 256)));
  write("media/broken.mp4", Buffer.from(Array.from({ length: 900 }, (_, at) => (at * 31) % 256)));
  write("documents/long.txt", `${"long ".repeat(1000)}\nshort\n`);
  write("nothing", "");
  write("<img src=x onerror=alert(5)>.txt", "A name that is no markup.\n");
  symlinkSync("documents/plan.txt", join(source, "link"));
  for (let at = 0; at < 3000; at++) write(`many/file-${String(at).padStart(5, "0")}.txt`, `${at}\n`);
}

/** An empty store in a folder of its own, to be filled by the caller. */
export function makeStore(environment: Record<string, string> = {}): Larder {
  if (!LARDER) throw new Error("LARDER_BIN names no program: set it to the built `larder`");
  const folder = mkdtempSync(join(tmpdir(), "larder-pages-"));
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, LARDER_PASSPHRASE: "a long passphrase", LARDER_STORE: join(folder, "store"), TZ: "UTC", ...environment };
  const run = (...args: string[]) => execFileSync(LARDER, args, { env, cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const serveAt = async (store: string, ...args: string[]) => {
    const program: ChildProcess = spawn(LARDER, ["at", store, "ui", "--no-browser", ...args], { env, cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
    const stop = () => new Promise<void>((done) => {
      if (program.exitCode !== null) return done();
      program.once("exit", () => done());
      program.kill("SIGTERM");
    });
    const address = await new Promise<string>((found, failed) => {
      program.stdout?.once("data", (data: Buffer) => found(data.toString().trim().split("\n")[0] ?? ""));
      program.once("exit", (code) => failed(new Error(`larder ui ended with ${code}`)));
    });
    return { address, stop };
  };
  run("create");
  return { folder, snapshots: [], run, serveAt, serve: (...args) => serveAt(join(folder, "store"), ...args) };
}

/** The id of a snapshot of what is in `source`. */
export const backup = (larder: Larder, ...args: string[]) => larder.run("backup", "source", ...args).trim().split("\n").pop() ?? "";

function makeLarder(media: Media): Larder {
  const larder = makeStore();
  const source = join(larder.folder, "source");
  makeFiles(source);
  for (const [name, bytes] of Object.entries(media)) writeFileSync(join(source, "media", name), bytes);
  larder.snapshots.push(backup(larder, "--tag", "first"));
  writeFileSync(join(source, "documents/plan.txt"), "one\nTWO\nthree\nfour\nfive\n");
  writeFileSync(join(source, "pictures/square.png"), png(30, 120, 200));
  writeFileSync(join(source, "documents/new.txt"), "new\n".repeat(500));
  rmSync(join(source, "many/file-00007.txt"));
  larder.snapshots.push(backup(larder, "--tag", "second"));
  return larder;
}

/** What the browser must never do: talk to another host, open a dialog, print an error. */
export interface Watch {
  faults: string[];
}

export const test = base.extend<{ watch: Watch }, { larder: Larder & Served }>({
  larder: [
    async ({ browser }, use) => {
      const larder = makeLarder(await makeMedia(browser));
      const served = await larder.serve("--allow-restore");
      await use({ ...larder, ...served });
      await served.stop();
      rmSync(larder.folder, { recursive: true, force: true });
    },
    { scope: "worker" },
  ],
  watch: [
    async ({ page }, use) => {
      const watch: Watch = { faults: [] };
      page.on("request", (request) => {
        const url = new URL(request.url());
        if (!["127.0.0.1", "localhost"].includes(url.hostname) && !["data:", "blob:", "about:", "chrome:", "chrome-extension:"].includes(url.protocol)) watch.faults.push(`request to ${request.url()}`);
      });
      page.on("dialog", (dialog) => {
        watch.faults.push(`dialog ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("console", (message) => message.type() === "error" && watch.faults.push(message.text()));
      page.on("pageerror", (error) => watch.faults.push(String(error)));
      if (PAGES) await page.route(/^http:\/\/127\.0\.0\.1:\d+\/(?!api\/|open)/, (route) => fromFolder(route, PAGES));
      await use(watch);
      expect(watch.faults).toEqual([]);
    },
    { auto: true },
  ],
});

async function fromFolder(route: Route, folder: string) {
  const path = join(folder, new URL(route.request().url()).pathname);
  const isFile = existsSync(path) && statSync(path).isFile();
  const { headers } = await fetch(new URL("/", route.request().url()));
  const policy = { "content-security-policy": headers.get("content-security-policy") ?? "", "x-content-type-options": "nosniff" };
  await route.fulfill({ path: isFile ? path : join(folder, "index.html"), headers: policy });
}

const cookies = new Map<string, Awaited<ReturnType<ReturnType<Page["context"]>["cookies"]>>>();

/** Opens a page of the viewer. The address with the token is good once, so its cookie is kept for the tests after. */
export async function visit(page: Page, larder: { address: string }, path: string) {
  const root = new URL(larder.address).origin;
  const kept = cookies.get(larder.address);
  if (kept) await page.context().addCookies(kept);
  else {
    await page.request.get(larder.address);
    cookies.set(larder.address, await page.context().cookies());
  }
  await page.goto(root + path);
}

/** The browser itself writes down each request that failed: in tests in which they have to, that is no fault. */
export const forgive = (watch: Watch) => void (watch.faults = watch.faults.filter((fault) => !fault.startsWith("Failed to load resource")));

export { expect };
