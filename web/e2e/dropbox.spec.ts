// A Dropbox account: what was backed up from one is looked at, and put back into it, from the pages. DROPBOX_BIN names the simulator.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backup, expect, makeStore, test, visit } from "./larder";

const SIMULATOR = process.env["DROPBOX_BIN"];

async function startDropbox() {
  if (!SIMULATOR) throw new Error("DROPBOX_BIN names no program: set it to the built `dropbox-simulator`");
  const program = spawn(SIMULATOR, ["--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const said = await new Promise<string>((found, failed) => {
    let text = "";
    program.stdout.on("data", (data: Buffer) => {
      text += data.toString();
      if (/^seed /m.test(text)) found(text);
    });
    program.once("exit", (code) => failed(new Error(`the simulator ended with ${code}`)));
  });
  const word = (name: string) => new RegExp(`^${name}\\s+(\\S+)`, "m").exec(said)?.[1] ?? "";
  const [endpoint, client, token, refresh] = ["endpoint", "client id", "access token", "refresh token"].map(word) as [string, string, string, string];
  const call = (path: string, body: object) =>
    fetch(endpoint + path, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify(body) });
  const read = async (path: string) => {
    const answer = await fetch(`${endpoint}/2/files/download`, { method: "POST", headers: { authorization: `Bearer ${token}`, "dropbox-api-arg": JSON.stringify({ path }) } });
    return answer.ok ? await answer.text() : `${answer.status}`;
  };
  const config = `[mydropbox]\ntype = dropbox\nclient_id = ${client}\ntoken = ${JSON.stringify({ access_token: "sl.old", token_type: "bearer", refresh_token: refresh, expiry: "2024-01-31T12:00:00Z" })}\n`;
  return { endpoint, config, call, read, stop: () => program.kill("SIGTERM") };
}

test("a selection is put back into a Dropbox account", async ({ page }) => {
  test.setTimeout(120_000);
  const dropbox = await startDropbox();
  const larder = makeStore({ LARDER_DROPBOX_ENDPOINT: dropbox.endpoint });
  try {
    writeFileSync(join(larder.folder, "rclone.conf"), dropbox.config);
    larder.run("destination", "import", "mydropbox", "--config", "rclone.conf", "-q");
    mkdirSync(join(larder.folder, "source/letters"), { recursive: true });
    for (const name of ["ann", "bob", "carl"]) writeFileSync(join(larder.folder, `source/letters/${name}.txt`), `Dear ${name},\n`);
    const id = backup(larder);
    const served = await larder.serve("--allow-restore");
    try {
      await visit(page, served, `/browse/${id}`);
      await page.getByLabel("Select letters").check();
      await page.getByRole("button", { name: "Restore" }).click();
      await page.getByLabel("To", { exact: true }).selectOption("mydropbox");
      await page.getByRole("textbox", { name: "Folder" }).fill("/Back");
      await page.getByRole("button", { name: "Try without writing" }).click();
      await expect(page.getByText("Nothing has been written")).toBeVisible({ timeout: 20_000 });
      expect(await dropbox.read("/Back/letters/ann.txt")).toBe("409");
      await page.getByRole("button", { name: "Restore" }).click();
      await expect(page.locator(".task").getByText("done", { exact: true })).toBeVisible({ timeout: 30_000 });
      await expect(page.locator(".task")).toContainText("3 written");
      for (const name of ["ann", "bob", "carl"]) expect(await dropbox.read(`/Back/letters/${name}.txt`)).toBe(`Dear ${name},\n`);
      // Something else is there by now: by default nothing at all is written over it.
      await dropbox.call("/sim/edit", { write: "/Back/letters/ann.txt", text: "mine" });
      await page.getByRole("button", { name: "Restore" }).click();
      await expect(page.locator(".task").getByText("failed", { exact: true })).toBeVisible({ timeout: 30_000 });
      expect(await dropbox.read("/Back/letters/ann.txt")).toBe("mine");
    } finally {
      await page.close();
      await served.stop();
    }
    const calls = (await (await fetch(`${dropbox.endpoint}/sim/calls`)).json()) as { violations: unknown };
    expect(calls.violations).toEqual([]);
  } finally {
    dropbox.stop();
    rmSync(larder.folder, { recursive: true, force: true });
  }
});

test("a store in Dropbox is looked at like any other", async ({ page }) => {
  test.setTimeout(120_000);
  const dropbox = await startDropbox();
  const larder = makeStore({ LARDER_DROPBOX_ENDPOINT: dropbox.endpoint });
  try {
    writeFileSync(join(larder.folder, "rclone.conf"), dropbox.config);
    larder.run("store", "import", "mydropbox", "--config", "rclone.conf", "-q");
    larder.run("at", "@mydropbox", "create", "-q");
    mkdirSync(join(larder.folder, "source"), { recursive: true });
    writeFileSync(join(larder.folder, "source/note.txt"), "in the clouds\n");
    const id = larder.run("at", "@mydropbox", "backup", "source", "-q").trim();
    const served = await larder.serveAt("@mydropbox");
    try {
      await visit(page, served, "/");
      await expect(page.getByText("@mydropbox")).toBeVisible();
      await page.goto(new URL(`/browse/${id}`, served.address).href);
      await page.getByRole("link", { name: "note.txt" }).click();
      await expect(page.locator("pre")).toHaveText("in the clouds\n");
    } finally {
      await page.close();
      await served.stop();
    }
  } finally {
    dropbox.stop();
    rmSync(larder.folder, { recursive: true, force: true });
  }
});
