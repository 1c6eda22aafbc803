// What is shown by what the browser brings: that it is shown indeed, and what is said where it is not.
import { expect, forgive, test, visit } from "./larder";

const at = (larder: { folder: string; snapshots: string[] }, path: string) => `/view/${larder.snapshots[1]}?path=${encodeURIComponent(`${larder.folder}/source/${path}`)}`;

test("a sound plays", async ({ page, larder }) => {
  await visit(page, larder, at(larder, "media/tone.wav"));
  const sound = page.locator("audio");
  await expect.poll(() => sound.evaluate((it: HTMLAudioElement) => it.duration)).toBeCloseTo(1, 1);
  await sound.evaluate((it: HTMLAudioElement) => it.play());
  await expect.poll(() => sound.evaluate((it: HTMLAudioElement) => it.currentTime)).toBeGreaterThan(0);
});

test("a film plays, from where one wants", async ({ page, larder }) => {
  await visit(page, larder, at(larder, "media/film.webm"));
  const film = page.locator("video");
  await expect.poll(() => film.evaluate((it: HTMLVideoElement) => it.videoWidth)).toBe(160);
  await film.evaluate((it: HTMLVideoElement) => {
    it.muted = true;
    it.currentTime = 0.3;
  });
  await expect.poll(() => film.evaluate((it: HTMLVideoElement) => it.currentTime)).toBeGreaterThanOrEqual(0.3);
  await film.evaluate((it: HTMLVideoElement) => it.play());
  await expect.poll(() => film.evaluate((it: HTMLVideoElement) => it.ended || it.currentTime > 0.35)).toBe(true);
});

test("a document is drawn by the browser's own viewer", async ({ page, larder }) => {
  const answer = page.waitForResponse((response) => response.url().includes("/content?") && response.status() === 200);
  await visit(page, larder, at(larder, "media/letter.pdf"));
  expect((await answer).headers()["content-type"]).toBe("application/pdf");
  // The browser puts its viewer into the frame; what it had refused would have none.
  await expect.poll(() => page.frames().some((frame) => frame.url().startsWith("chrome-extension:"))).toBe(true);
});

test("what the browser cannot show is said, with what can be done instead", async ({ page, larder, watch }) => {
  await visit(page, larder, at(larder, "media/broken.mp4"));
  await expect(page.getByText("This browser cannot show it")).toBeVisible();
  await page.getByText("Bytes", { exact: true }).click();
  await expect(page.getByText("00000010")).toBeVisible();
  forgive(watch);
});

test("long lines are wrapped on demand", async ({ page, larder }) => {
  await visit(page, larder, at(larder, "documents/long.txt"));
  const text = page.locator("pre");
  const width = () => text.evaluate((it) => it.scrollWidth - it.clientWidth);
  await expect.poll(width).toBeGreaterThan(1000);
  await page.getByLabel("Wrap long lines").check();
  await expect.poll(width).toBe(0);
});
