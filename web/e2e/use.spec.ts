// What people do: go about with the keyboard alone, search, compare, restore, and meet what goes wrong.
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, forgive, test, visit } from "./larder";

const source = (larder: { folder: string }) => `${larder.folder}/source`;

test("the keyboard alone goes through folders, selects and searches", async ({ page, larder }) => {
  const id = larder.snapshots[1];
  await visit(page, larder, `/browse/${id}?path=${encodeURIComponent(source(larder))}`);
  const grid = page.getByRole("grid");
  await expect(grid).toBeFocused();
  await expect(page.locator("#row-0")).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  await expect(page.getByText("3 selected")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("3 selected")).toBeHidden();
  const folder = await page.locator(".item.current").textContent();
  await page.keyboard.press("Home");
  await page.keyboard.press("End");
  expect(await page.locator(".item.current").textContent()).not.toBe(folder);
  await page.locator('[role="row"]', { hasText: "many" }).first().click({ position: { x: 300, y: 10 } });
  await grid.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("2,999 entries")).toBeVisible();
  await page.keyboard.press("End");
  await expect(page.getByText("file-02999.txt").first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.locator("pre")).toHaveText("2999\n");
  await page.goBack();
  await expect(page.getByText("2,999 entries")).toBeVisible();
  await page.keyboard.press("Backspace");
  await expect(page.locator('[role="row"]', { hasText: "documents" }).first()).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("Backspace");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
});

test("shift and a click select what lies between", async ({ page, larder }) => {
  await visit(page, larder, `/browse/${larder.snapshots[1]}?path=${encodeURIComponent(`${source(larder)}/many`)}`);
  await page.getByLabel("Select file-00001.txt").check();
  await page.locator("#row-5").click({ modifiers: ["Shift"], position: { x: 400, y: 8 } });
  await expect(page.getByText("5 selected")).toBeVisible();
});

test("a search finds as one types, and filters", async ({ page, larder }) => {
  await visit(page, larder, "/search");
  await page.getByRole("searchbox").fill("PLAN");
  await expect(page.getByRole("link", { name: "plan.txt" }).first()).toBeVisible();
  await page.getByRole("searchbox").fill("file-0000*");
  await expect(page.getByRole("link", { name: "file-00009.txt" }).first()).toBeVisible();
  await page.getByLabel("At least (MiB)").fill("5");
  await expect(page.getByText("Nothing fits")).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(page.getByRole("link", { name: "file-00009.txt" }).first()).toBeVisible();
  // A day to which one looks is looked at as a whole. The files are of today, or, just after midnight, of the day before.
  const day = (later: number) => page.evaluate((later) => {
    const date = new Date();
    date.setDate(date.getDate() + later);
    return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
  }, later);
  await page.getByLabel("Modified from").fill(await day(1));
  await page.getByLabel("Modified to").fill(await day(0));
  await expect(page.getByText("Nothing fits")).toBeVisible();
  await page.getByLabel("Modified from").fill(await day(-1));
  await expect(page.getByRole("link", { name: "file-00009.txt" }).first()).toBeVisible();
});

test("a path that was found has its versions below it", async ({ page, larder }) => {
  await visit(page, larder, "/search?q=plan.txt");
  await expect(page.getByRole("link", { name: "plan.txt" })).toHaveCount(1);
  await page.getByRole("button", { name: "2 versions" }).click();
  await expect(page.locator(".version")).toHaveCount(2);
  await page.locator(".version").nth(1).getByRole("link").click();
  await expect(page.locator("pre")).toHaveText("one\ntwo\nthree\nfour\n");
});

test("a history tells versions, and every snapshot on demand", async ({ page, larder }) => {
  await visit(page, larder, `/history?path=${encodeURIComponent(`${source(larder)}/documents/letters`)}`);
  const list = page.getByRole("region", { name: "History" });
  await expect(list.getByText("in 2 snapshots")).toBeVisible();
  await expect(list.locator(".item")).toHaveCount(1);
  await expect(page.getByText("There is one version")).toBeVisible();
  await page.getByText("Every snapshot").click();
  await expect(list.locator(".item")).toHaveCount(2);
});

test("two versions of a folder lead to what differs between them", async ({ page, larder }) => {
  await visit(page, larder, `/history?path=${encodeURIComponent(`${source(larder)}/documents`)}`);
  await expect(page.getByRole("region", { name: "History" }).locator(".item")).toHaveCount(2);
  await page.getByRole("link", { name: "What differs between the two" }).click();
  await expect(page.getByRole("link", { name: /new.txt/ })).toBeVisible();
  await expect(page.getByRole("link", { name: /file-00007/ })).toBeHidden();
});

test("two versions of a text stand beside each other", async ({ page, larder }) => {
  await visit(page, larder, `/history?path=${encodeURIComponent(`${source(larder)}/documents/plan.txt`)}`);
  await expect(page.locator(".del").filter({ hasText: "two" })).toBeVisible();
  await expect(page.locator(".ins").filter({ hasText: "TWO" })).toBeVisible();
  await expect(page.locator(".ins").filter({ hasText: "five" })).toBeVisible();
});

test("of many snapshots the older ones can be chosen too", async ({ page, larder }) => {
  const [first, second] = larder.snapshots as [string, string];
  // As if they were more than are asked for at once.
  await page.route("**/api/v1/snapshots?**", (route) => route.continue({ url: route.request().url().replace("limit=200", "limit=1") }));
  await visit(page, larder, `/usage/${second}`);
  await page.getByLabel("Compared with").selectOption("Show older ones…");
  await page.getByLabel("Compared with").selectOption(first);
  await expect(page.locator(".key")).toContainText("grew");
  await visit(page, larder, `/diff?to=${second}&from=${second}`);
  await page.getByLabel("Before").selectOption("Show older ones…");
  await expect(page.getByLabel("Before")).toHaveValue(second);
  await page.getByLabel("Before").selectOption(first);
  await expect(page.getByRole("link", { name: /new.txt/ })).toBeVisible();
});

test("differences are shown by kind", async ({ page, larder }) => {
  const [first, second] = larder.snapshots;
  await visit(page, larder, `/diff?from=${first}&to=${second}`);
  await expect(page.getByRole("link", { name: /file-00007/ })).toBeVisible();
  await page.getByText("added", { exact: true }).first().click();
  await expect(page.getByRole("link", { name: /file-00007/ })).toBeHidden();
  await expect(page.getByRole("link", { name: /new.txt/ })).toBeVisible();
});

test("a selection is restored to a folder, after a trial that writes nothing", async ({ page, larder }) => {
  const target = join(larder.folder, "restored");
  await visit(page, larder, `/browse/${larder.snapshots[0]}?path=${encodeURIComponent(`${source(larder)}/documents`)}`);
  await page.getByLabel("Select plan.txt").check();
  await page.getByRole("button", { name: "Restore" }).click();
  await page.getByRole("textbox", { name: "Folder" }).fill(target);
  await page.getByRole("button", { name: "Try without writing" }).click();
  await expect(page.getByText("Nothing has been written")).toBeVisible();
  expect(existsSync(join(target, "plan.txt"))).toBe(false);
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(page.locator(".task").getByText("done", { exact: true })).toBeVisible();
  // The trial before it is done as well, so the file itself tells when this is.
  const restored = () => {
    const found = [join(target, "plan.txt"), join(target, source(larder), "documents/plan.txt")].find((path) => existsSync(path));
    return found === undefined ? "" : readFileSync(found, "utf8");
  };
  await expect.poll(restored).toBe("one\ntwo\nthree\nfour\n");
  await page.goto(new URL("/tasks", page.url()).href);
  await expect(page.locator(".task")).toHaveCount(2);
});

test("a selection is downloaded as an archive", async ({ page, larder }) => {
  await visit(page, larder, `/browse/${larder.snapshots[1]}?path=${encodeURIComponent(`${source(larder)}/documents`)}`);
  await page.getByLabel("Select plan.txt").check();
  await page.getByLabel("Select new.txt").check();
  for (const [button, ending, start] of [["Download .zip", ".zip", "PK"], [".tar.zst", ".tar.zst", "\x28\xb5\x2f\xfd"]] as const) {
    const waiting = page.waitForEvent("download");
    await page.getByRole("button", { name: button, exact: true }).click();
    const download = await waiting;
    expect(download.suggestedFilename().endsWith(ending), download.suggestedFilename()).toBe(true);
    const bytes = readFileSync((await download.path()) ?? "");
    expect(bytes.subarray(0, start.length).toString("latin1")).toBe(start);
    if (ending === ".zip") expect(bytes.includes("plan.txt") && bytes.includes("new.txt")).toBe(true);
  }
});

test("what is wrong is said in words, and a page recovers by itself", async ({ page, larder, watch }) => {
  await visit(page, larder, "/browse/0000000000");
  await expect(page.getByRole("alert").first()).toBeVisible();
  await visit(page, larder, "/nowhere");
  await expect(page.getByText("There is no such page")).toBeVisible();
  // The line is cut, as when the program does not answer, and mended.
  await page.route("**/api/v1/snapshots?*", (route) => route.abort());
  await visit(page, larder, "/snapshots");
  await expect(page.getByText("No connection")).toBeVisible();
  await page.unroute("**/api/v1/snapshots?*");
  await expect(page.getByRole("link", { name: larder.snapshots[1]?.slice(0, 8) ?? "" }).first()).toBeVisible({ timeout: 10_000 });
  forgive(watch);
});

test("a store that vanishes is named, and is back by itself", async ({ page, larder, watch }) => {
  await visit(page, larder, "/");
  const [store, away] = [join(larder.folder, "store"), join(larder.folder, "away")];
  renameSync(store, away);
  try {
    await page.goto(new URL(`/view/${larder.snapshots[0]}?path=${encodeURIComponent(`${source(larder)}/code/data.bin`)}&as=hex`, page.url()).href);
    await page.waitForTimeout(1500);
  } finally {
    renameSync(away, store);
  }
  await expect(page.getByText("00000010")).toBeVisible({ timeout: 20_000 });
  // What is on the page already stays, and is said to be from before.
  await page.goto(new URL("/", page.url()).href);
  await expect(page.getByText("Last backup of each origin")).toBeVisible();
  renameSync(store, away);
  try {
    await page.waitForTimeout(2500);
    await page.getByRole("link", { name: "Snapshots", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("cannot be reached");
    await page.getByRole("link", { name: "Overview" }).click();
    await expect(page.getByText("Last backup of each origin")).toBeVisible();
  } finally {
    renameSync(away, store);
  }
  await page.getByRole("link", { name: "Snapshots", exact: true }).click();
  await expect(page.getByRole("link", { name: larder.snapshots[1]?.slice(0, 8) ?? "" }).filter({ visible: true })).toBeVisible({ timeout: 20_000 });
  forgive(watch);
});
