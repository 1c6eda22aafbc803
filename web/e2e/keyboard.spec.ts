// From the address that the program prints to a file on one's disk, without a mouse.
import { readFileSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./larder";

const TABS_MAX = 60;

/** Presses Tab until something has the focus. */
async function tabTo(page: Page, it: Locator, key = "Tab") {
  for (let tab = 0; tab < TABS_MAX; tab++) {
    if (await it.evaluate((element) => element === document.activeElement).catch(() => false)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`no ${key} leads to ${it.toString()}`);
}

test("from opening to a download, with the keyboard alone", async ({ page, larder }) => {
  const { address, stop } = await larder.serve();
  try {
    await page.goto(address);
    await expect(page.getByText("Last backup of each origin")).toBeVisible();
    // The first stop leads past the menu.
    await page.keyboard.press("Tab");
    await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
    await tabTo(page, page.getByRole("link", { name: "Snapshots", exact: true }));
    await page.keyboard.press("Enter");
    const newest = page.getByRole("link", { name: larder.snapshots[1]?.slice(0, 8) ?? "" }).filter({ visible: true });
    await expect(newest).toBeVisible();
    await tabTo(page, newest);
    await page.keyboard.press("Enter");
    const grid = page.getByRole("grid");
    await expect(grid).toBeFocused();
    await expect(grid).toContainText("documents");
    while (!(await page.locator(".item.current").textContent())?.includes("documents")) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(grid).toContainText("plan.txt");
    while (!(await page.locator(".item.current").textContent())?.includes("plan.txt")) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    await expect(page.getByText("1 selected")).toBeVisible();
    const button = page.getByRole("button", { name: "Download", exact: true });
    await tabTo(page, button, "Shift+Tab");
    const waiting = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    const download = await waiting;
    expect(download.suggestedFilename()).toBe("plan.txt");
    expect(readFileSync((await download.path()) ?? "", "utf8")).toBe("one\nTWO\nthree\nfour\nfive\n");
    // On to the file, and back up to where one was.
    await grid.focus();
    await page.keyboard.press("Enter");
    await expect(page.locator("pre")).toContainText("TWO");
    await page.goBack();
    await expect(grid).toBeFocused();
    await page.keyboard.press("Backspace");
    await expect(page.locator(".item.current")).toContainText("documents");
  } finally {
    await page.close();
    await stop();
  }
});
