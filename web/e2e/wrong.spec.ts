// What goes wrong, and what the page says about it: damage, a full disk, ids and addresses that never were.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { backup, expect, forgive, makeStore, test, visit } from "./larder";

const LEN = 6_000_000;

test("damage is named as such, and nothing damaged passes for whole", async ({ page, watch }) => {
  test.setTimeout(120_000);
  const larder = makeStore();
  try {
    const source = join(larder.folder, "source");
    mkdirSync(source);
    writeFileSync(join(source, "film.mp4"), randomBytes(LEN));
    writeFileSync(join(source, "good.txt"), "good\n");
    const id = backup(larder);
    const at = (path: string) => `/view/${id}?path=${encodeURIComponent(join(source, path))}`;
    const served = await larder.serve();
    try {
      spoil(join(larder.folder, "store/packs"));
      await visit(page, served, at("film.mp4"));
      await expect(page.getByText("Damaged data").first()).toBeVisible();
      await page.getByRole("button", { name: "Download" }).click();
      await expect(page.getByText("Damaged data").nth(1)).toBeVisible();
      await page.goto(new URL(at("good.txt"), served.address).href);
      // An archive breaks off, wherever one is by then.
      await page.goto(new URL(`/browse/${id}`, served.address).href);
      await expect(page.getByRole("grid")).toContainText("film.mp4");
      await page.getByRole("button", { name: "Download .zip" }).click();
      await expect(page.getByText(/broke off/)).toBeVisible({ timeout: 20_000 });
      await expect(page.getByText("What has arrived is not whole")).toBeVisible();
      await page.getByRole("link", { name: "Snapshots", exact: true }).click();
      await expect(page.getByText(/broke off/)).toBeVisible();
      await page.getByRole("button", { name: "Close" }).first().click();
      await expect(page.getByText(/broke off/)).toBeHidden();
    } finally {
      await served.stop();
    }
  } finally {
    rmSync(larder.folder, { recursive: true, force: true });
  }
  forgive(watch);
});

test("a file that is damaged in its middle is named, wherever it breaks off", async ({ page, watch }) => {
  test.setTimeout(120_000);
  const larder = makeStore();
  try {
    const source = join(larder.folder, "source");
    const packs = join(larder.folder, "store/packs");
    const film = randomBytes(3 * LEN);
    mkdirSync(source);
    writeFileSync(join(source, "film.mp4"), film.subarray(0, LEN));
    backup(larder);
    const sound = packsIn(packs);
    writeFileSync(join(source, "film.mp4"), film);
    const id = backup(larder);
    const served = await larder.serve();
    try {
      spoil(packs, sound);
      const path = join(source, "film.mp4");
      await visit(page, served, `/view/${id}?path=${encodeURIComponent(path)}`);
      // No browser shows random bytes; the page finds out that they are damaged as well.
      await expect(page.getByText("Damaged data").first()).toBeVisible();
      await page.getByRole("button", { name: "Download" }).click();
      const said = page.getByRole("alert").filter({ hasText: "film.mp4 is damaged, and its download broke off" });
      await expect(said).toBeVisible({ timeout: 20_000 });
      await expect(said).toContainText(`${path}: `);
      await expect(said).toContainText("Another snapshot may hold it whole");
      await expect(said).toContainText("What has arrived is not whole");
    } finally {
      await served.stop();
    }
  } finally {
    rmSync(larder.folder, { recursive: true, force: true });
  }
  forgive(watch);
});

/** The large packs, which hold contents: those of names are small. */
const packsIn = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).filter((path) => statSync(path).size >= 1_000_000);

/** Turns bytes all over the large packs but these. */
function spoil(folder: string, but: string[] = []) {
  for (const path of packsIn(folder).filter((path) => !but.includes(path))) {
    const len = statSync(path).size;
    const file = openSync(path, "r+");
    for (let at = 1000; at < len - 100_000; at += 50_000) writeSync(file, randomBytes(64), 0, 64, at);
    closeSync(file);
  }
}

test("a full disk is told as such, and the restore goes on when there is room", async ({ page, larder, watch }) => {
  const disk = join(larder.folder, "disk");
  mkdirSync(disk, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=20k,nr_inodes=64", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    test.skip(true, "only root can mount a small disk");
  }
  try {
    await visit(page, larder, `/browse/${larder.snapshots[1]}?path=${encodeURIComponent(`${larder.folder}/source`)}`);
    await page.getByLabel("Select media").check();
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByRole("textbox", { name: "Folder" }).fill(disk);
    await page.getByRole("button", { name: "Restore" }).click();
    await expect(page.locator(".task").getByText("No space left", { exact: true })).toBeVisible();
    execFileSync("mount", ["-o", "remount,size=8m,nr_inodes=1000", disk]);
    await page.getByLabel("overwrite it").check();
    await page.getByRole("button", { name: "Restore" }).click();
    await expect(page.locator(".task").getByText("done", { exact: true })).toBeVisible();
    expect(statSync(join(disk, "media/letter.pdf")).size).toBeGreaterThan(1000);
  } finally {
    execFileSync("umount", [disk]);
  }
  forgive(watch);
});

test("ids and paths that never were are told on every page", async ({ page, larder, watch }) => {
  test.setTimeout(120_000);
  const id = larder.snapshots[1];
  const never = "0".repeat(64);
  for (const path of [`/browse/${never}`, `/browse/${id}?path=/nowhere`, `/browse/zzz?path=/`, `/view/${never}?path=/a`, `/view/${id}?path=/nowhere`, `/ledger/${never}`, `/usage/${never}`, `/usage/${id}?path=/nowhere`, `/diff?from=${never}&to=${id}`, `/search?q=a&snapshot=${never}`, `/search?q=${encodeURIComponent("[".repeat(3000))}`, `/usage/${id}?path=/&compare=${never}`]) {
    await visit(page, larder, path);
    await expect(page.getByRole("alert").first(), path).toBeVisible();
    await expect(page.getByRole("alert").first(), path).not.toContainText(/undefined|\[object|TypeError|status 5/);
    // The way out is there.
    await expect(page.getByRole("link", { name: "Overview" }), path).toBeVisible();
  }
  for (const path of ["/history?path=/nowhere", `/view/${id}?path=${encodeURIComponent(larder.folder)}`, "/snapshots?sort=nonsense", "/snapshots?since=nonsense&origin=nobody", `/view/${id}?path=${encodeURIComponent(`${larder.folder}/source/code/data.bin`)}&as=nonsense`]) {
    await visit(page, larder, path);
    await expect(page.getByRole("heading").first(), path).toBeVisible();
  }
  forgive(watch);
});

test("offsets beyond a file lead to its end", async ({ page, larder }) => {
  await visit(page, larder, `/view/${larder.snapshots[1]}?path=${encodeURIComponent(`${larder.folder}/source/code/data.bin`)}&as=hex`);
  await expect(page.getByText("00000010")).toBeVisible();
  for (const [typed, sign] of [["99999999999", "00002000"], ["0x1000", "00001000"], ["-5", "00000000"], ["nonsense", "00000000"]] as const) {
    await page.getByLabel("Offset").fill(typed);
    await expect(page.locator("pre")).toContainText(sign);
  }
});
