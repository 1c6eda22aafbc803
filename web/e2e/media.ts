// A document, a sound and a film, made by the browser that is to show them.
import type { Browser } from "@playwright/test";

export type Media = Record<"letter.pdf" | "tone.wav" | "film.webm", Buffer>;

export async function makeMedia(browser: Browser): Promise<Media> {
  const page = await browser.newPage();
  await page.setContent("<h1>A letter</h1><p>Dear all.</p>");
  const letter = await page.pdf();
  const film = await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [160, 90];
    const ground = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm;codecs=vp8" });
    const parts: Blob[] = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const end = new Promise((done) => (recorder.onstop = done));
    recorder.start();
    for (let frame = 0; frame < 15; frame++) {
      if (ground) ground.fillStyle = `hsl(${frame * 20} 60% 50%)`;
      ground?.fillRect(0, 0, 160, 90);
      await new Promise((done) => setTimeout(done, 40));
    }
    recorder.stop();
    await end;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
  });
  await page.close();
  return { "letter.pdf": letter, "tone.wav": tone(), "film.webm": Buffer.from(film) };
}

/** A second of a sound, as a WAV file. */
function tone(rate = 8000): Buffer {
  const file = Buffer.alloc(44 + 2 * rate);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + 2 * rate, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(2 * rate, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(2 * rate, 40);
  for (let at = 0; at < rate; at++) file.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 440 * at) / rate)), 44 + 2 * at);
  return file;
}
