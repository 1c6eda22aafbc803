// Who gets in, what is said when a session has ended, and how a page goes on.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { serious } from "./axe";
import { expect, forgive, test } from "./larder";

test("a password lets one in, a wrong one does not, and signing out ends it", async ({ page, larder, watch }) => {
  const file = join(larder.folder, "password");
  writeFileSync(file, "open sesame\n", { mode: 0o600 });
  const { address, stop } = await larder.serve("--password-file", file);
  try {
    await page.goto(new URL("/snapshots", address).href);
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    const password = page.getByLabel("Password", { exact: true });
    await expect(password).toBeFocused();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await serious(page), colorScheme).toEqual([]);
    }
    await password.fill("open barley");
    await page.keyboard.press("Enter");
    await expect(page.getByText("That is not the password.")).toBeVisible();
    await password.fill("open sesame");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Snapshots" })).toBeVisible();
    // Signed out in another window, while this one is open.
    const other = await page.context().newPage();
    await other.goto(address);
    await other.getByRole("button", { name: "Sign out" }).click();
    await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await page.getByRole("link", { name: larder.snapshots[1]?.slice(0, 8) ?? "" }).click();
    await expect(page.getByRole("heading", { name: "The session has ended" })).toBeVisible();
    await page.getByLabel("Password", { exact: true }).fill("open sesame");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("grid")).toContainText("documents");
  } finally {
    await stop();
  }
  forgive(watch);
});

test("a page whose session is gone says so, and goes on when there is another", async ({ page, browser, larder, watch }) => {
  test.setTimeout(90_000);
  const first = await larder.serve();
  const { host, origin } = new URL(first.address);
  await page.goto(first.address);
  await expect(page.getByText("Last backup of each origin")).toBeVisible();
  await page.goto(`${origin}/browse/${larder.snapshots[1]}`);
  await expect(page.getByRole("grid")).toContainText("documents");
  await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("Search")));
  // The program ends: sessions are nowhere but in it.
  await first.stop();
  await page.getByRole("link", { name: "Search", exact: true }).click();
  await page.getByRole("searchbox").fill("plan");
  await expect(page.getByText("No connection")).toBeVisible();
  const second = await larder.serve("--listen", host);
  try {
    await expect(page.getByRole("heading", { name: "The session has ended" })).toBeVisible({ timeout: 20_000 });
    await expect(page.getByText("open the address that it prints")).toBeVisible();
    // The address that the program has printed, in another window of the same browser.
    const other = await page.context().newPage();
    await other.goto(second.address);
    await expect(page.getByRole("link", { name: "plan.txt" })).toBeVisible({ timeout: 20_000 });
    // An address is good once.
    const third = await browser.newPage();
    await third.goto(second.address);
    await expect(third.getByText("This address is used up")).toBeVisible();
    await third.close();
  } finally {
    await second.stop();
  }
  forgive(watch);
});

test("without a session the page says how to get one", async ({ page, larder, watch }) => {
  await page.goto(new URL(larder.address).origin);
  await expect(page.getByText("No session")).toBeVisible();
  forgive(watch);
});
