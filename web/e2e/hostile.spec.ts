// Files that were made to harm whoever looks at them: nothing in them runs, loads, asks or leads anywhere. The watch in `larder.ts` fails
// each of these on a dialog, on a request to another host, and on anything in the console.
import { expect, test, visit } from "./larder";

for (const [name, sign] of [["documents/hostile.html", "Hostile"], ["documents/readme.md", "A heading"]] as const) {
  test(`${name} is drawn and dead`, async ({ page, larder }) => {
    await visit(page, larder, `/view/${larder.snapshots[1]}?path=${encodeURIComponent(`${larder.folder}/source/${name}`)}`);
    const frame = page.frameLocator("iframe");
    await expect(frame.getByRole("heading", { name: sign })).toBeVisible();
    await expect(page.locator("iframe")).toHaveAttribute("sandbox", "");
    if (name.endsWith("html")) await frame.locator("#trap").click();
    await page.waitForTimeout(500);
    expect(await page.evaluate(() => (window as unknown as { pwned?: number }).pwned)).toBeUndefined();
    expect(new URL(page.url()).pathname).toMatch(/^\/view/);
  });
}

test("a script in an SVG stays dead", async ({ page, larder }) => {
  await visit(page, larder, `/view/${larder.snapshots[1]}?path=${encodeURIComponent(`${larder.folder}/source/pictures/hostile.svg`)}`);
  const image = page.getByRole("img", { name: "hostile.svg" });
  await expect(image).toBeVisible();
  expect(await image.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(90);
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => (window as unknown as { pwned?: number }).pwned)).toBeUndefined();
});

test("a name that looks like markup is a name", async ({ page, larder }) => {
  await visit(page, larder, `/browse/${larder.snapshots[1]}?path=${encodeURIComponent(`${larder.folder}/source`)}`);
  await page.getByRole("link", { name: "<img src=x onerror=alert(5)>.txt" }).click();
  await expect(page.getByText("A name that is no markup.")).toBeVisible();
});
