// Every page over the real program: what it shows, in light and dark, for those who see and those who listen.
import { serious } from "./axe";
import { expect, forgive, test, visit, type Larder } from "./larder";

export const pages = (larder: Larder): [name: string, path: string, sign: string][] => {
  const [first, second] = larder.snapshots as [string, string];
  const source = `${larder.folder}/source`;
  const at = (path: string) => encodeURIComponent(source + path);
  return [
    ["start", "/", "Last backup of each origin"],
    ["snapshots", "/snapshots", second.slice(0, 8)],
    ["browse", `/browse/${second}?path=${at("")}`, "documents"],
    ["many", `/browse/${second}?path=${at("/many")}`, "file-00001.txt"],
    ["empty-folder", `/browse/${second}?path=${at("/empty")}`, "This folder is empty"],
    ["text", `/view/${second}?path=${at("/code/main.rs")}`, "println!"],
    ["markdown", `/view/${second}?path=${at("/documents/readme.md")}`, "Shown without scripts"],
    ["image", `/view/${second}?path=${at("/pictures/square.png")}`, "Larger"],
    ["hex", `/view/${second}?path=${at("/code/data.bin")}&as=hex`, "00000010"],
    ["audio", `/view/${second}?path=${at("/media/tone.wav")}`, "Bytes"],
    ["video", `/view/${second}?path=${at("/media/film.webm")}`, "Bytes"],
    ["pdf", `/view/${second}?path=${at("/media/letter.pdf")}`, "If nothing appears"],
    ["unknown", `/browse/${"0".repeat(64)}?path=/`, "There is no snapshot"],
    ["nowhere", "/nowhere", "There is no such page"],
    ["history", `/history?path=${at("/documents/plan.txt")}`, "TWO"],
    ["image-diff", `/history?path=${at("/pictures/square.png")}`, "Side by side"],
    ["diff", `/diff?from=${first}&to=${second}`, "new.txt"],
    ["search", "/search?q=plan", "plan.txt"],
    ["ledger", `/ledger/${second}`, "Nothing is missing"],
    ["usage", `/usage/${second}?path=${at("")}&compare=${first}`, "documents"],
    ["restore", `/restore/${second}`, "Nothing is selected"],
    ["tasks", "/tasks", "No tasks"],
  ];
};

for (const colour of ["light", "dark"] as const) {
  test(`every page shows what it is for, without serious findings, ${colour}`, async ({ page, larder, watch }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme: colour });
    const findings: string[] = [];
    for (const [name, path, sign] of pages(larder)) {
      await visit(page, larder, path);
      await expect(page.getByText(sign).filter({ visible: true }).first(), name).toBeVisible();
      findings.push(...(await serious(page)).map((finding) => `${name}: ${finding}`));
      const shots = process.env["SHOTS"];
      if (!shots) continue;
      for (const [size, width, height] of [["desktop", 1440, 900], ["phone", 390, 844]] as const) {
        await page.setViewportSize({ width, height });
        await page.waitForTimeout(250);
        await page.screenshot({ path: `${shots}/${name}-${colour}-${size}.png` });
      }
      await page.setViewportSize({ width: 1440, height: 900 });
    }
    expect(findings).toEqual([]);
    forgive(watch);
  });
}

test("what opens on a page is without serious findings too", async ({ page, larder }) => {
  test.setTimeout(120_000);
  for (const colour of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: colour });
    await visit(page, larder, `/browse/${larder.snapshots[1]}`);
    await expect(page.locator("#row-0")).toBeVisible();
    await page.getByRole("grid").focus();
    await page.keyboard.press("Space");
    await expect(page.getByText("1 selected")).toBeVisible();
    expect(await serious(page), `selection, ${colour}`).toEqual([]);
    await page.getByRole("button", { name: "Restore" }).click();
    await expect(page.getByRole("textbox", { name: "Folder" })).toBeVisible();
    expect(await serious(page), `restore, ${colour}`).toEqual([]);
    await visit(page, larder, "/search?q=plan.txt");
    await page.getByRole("button", { name: "2 versions" }).click();
    expect(await serious(page), `versions, ${colour}`).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Search" }).click();
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog")).toContainText("Backspace");
    expect(await serious(page), `keys, ${colour}`).toEqual([]);
  }
});

test("no page is wider than a small phone", async ({ page, larder, watch }) => {
  test.setTimeout(120_000);
  await page.setViewportSize({ width: 360, height: 740 });
  for (const [name, path, sign] of pages(larder)) {
    await visit(page, larder, path);
    await expect(page.getByText(sign).filter({ visible: true }).first(), name).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(360);
  }
  forgive(watch);
});
