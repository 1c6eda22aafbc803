// Folders that are higher than a browser can lay a box out: no entry is out of reach, and only the rows that are seen are read.
import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { backup, expect, makeStore, test, visit } from "./larder";

/** More than fit into one box (`HEIGHT_MAX` in src/logic/tall.ts), at 32 pixels each. LARGE asks for another number. */
const FILES = Number(process.env["LARGE"] ?? 130_000);
const name = (at: number) => `f${String(at).padStart(7, "0")}`;

const rows = (page: Page) => page.locator('[role="row"] a').evaluateAll((links) => links.map((link) => Number(link.textContent?.slice(1))));

test(`a folder of ${FILES.toLocaleString("en")} files is scrolled from end to end`, async ({ page }) => {
  test.setTimeout(300_000);
  const larder = makeStore();
  try {
    mkdirSync(join(larder.folder, "source"));
    for (let at = 0; at < FILES; at++) closeSync(openSync(join(larder.folder, "source", name(at)), "w"));
    const id = backup(larder);
    const served = await larder.serve();
    try {
      let asked = 0;
      page.on("request", (request) => (asked += request.url().includes("/entries?") ? 1 : 0));
      await visit(page, served, `/browse/${id}`);
      await expect(page.getByRole("link", { name: name(0) })).toBeVisible();
      await page.keyboard.press("End");
      await expect(page.getByRole("link", { name: name(FILES - 1) })).toBeVisible();
      await page.keyboard.press("ArrowUp");
      await expect(page.locator(".item.current")).toContainText(name(FILES - 2));
      await page.keyboard.press("Home");
      await expect(page.getByRole("link", { name: name(0) })).toBeVisible();
      const grid = page.getByRole("grid");
      // The scroll bar, to the middle and to the end.
      await grid.evaluate((it) => (it.scrollTop = it.scrollHeight / 2));
      await expect.poll(async () => (await rows(page))[0] ?? 0).toBeGreaterThan(FILES / 2 - 2000);
      // The wheel passes over no row.
      await grid.hover();
      let last = Math.max(...(await rows(page)));
      for (let turn = 0; turn < 40; turn++) {
        await page.mouse.wheel(0, 400);
        await expect.poll(async () => (await rows(page)).length).toBeGreaterThan(10);
        const seen = await rows(page);
        expect(Math.min(...seen)).toBeLessThanOrEqual(last + 1);
        last = Math.max(last, ...seen);
      }
      await grid.evaluate((it) => (it.scrollTop = it.scrollHeight));
      await expect(page.getByRole("link", { name: name(FILES - 1) })).toBeVisible();
      expect(asked).toBeLessThan(30);
      await page.keyboard.press("End");
      await page.keyboard.press("Shift+Home");
      await expect(page.getByText("No more than 10,000 items are selected one by one")).toBeVisible();
      await page.keyboard.press("Home");
      await page.keyboard.press("Space");
      for (let turn = 0; turn < 40; turn++) await page.keyboard.press("Shift+PageDown");
      const current = Number((await page.locator(".item.current a").textContent())?.slice(1));
      await expect(page.getByText(`${(current + 1).toLocaleString("en")} selected`)).toBeVisible();
    } finally {
      await page.close();
      await served.stop();
    }
  } finally {
    rmSync(larder.folder, { recursive: true, force: true });
  }
});
