// What is being downloaded. The browser says how far it is; why one broke off, and what has no place in an archive, only the program
// knows, so it is asked.
import { useSyncExternalStore } from "react";
import { change, contentAddress, Failure, getAt, getBytes, type Schemas } from "./client";

export interface Download {
  url: string;
  name: string;
  isArchive: boolean;
  failure?: Failure;
  leftOut: number;
}

const ASK_MS = 700;
/** A download that nobody fetches is not asked about for ever. */
const ASKED_MAX = 5000;
/** Bytes that are asked for at a time, of a file in which something is wrong, and of which the program looks at all before it answers. */
const STEP = 4 << 20;
const PART = 128 << 10;
const EXAMINED_MAX = 64 << 20;
let told: readonly Download[] = [];
const listeners = new Set<() => void>();

function tell(next: readonly Download[]) {
  told = next;
  listeners.forEach((listener) => listener());
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** Downloads of which there is something to say. */
export const useDownloads = () => useSyncExternalStore(subscribe, () => told);
export const forget = (url: string) => tell(told.filter((it) => it.url !== url));

/** Throws what is wrong with the beginning of a file. */
export const probe = (snapshot: string, path: string, signal?: AbortSignal): Promise<void> =>
  readThrough(contentAddress(snapshot, path), 0, 1, PART, signal).catch(unlessAtEnd);

/** Throws what is wrong with a file anywhere in its first part, for which it is read through. */
export const examine = (snapshot: string, path: string, signal?: AbortSignal): Promise<void> =>
  readThrough(contentAddress(snapshot, path), 0, EXAMINED_MAX, STEP, signal).catch(unlessAtEnd);

async function readThrough(url: string, from: number, to: number, step: number, signal?: AbortSignal): Promise<void> {
  for (let at = from; at < to; at += step) {
    try {
      await getBytes(url, at, Math.min(at + step, to), signal);
    } catch (error) {
      if (error instanceof Failure || signal?.aborted || step === PART) throw error;
      // It broke off on its way, and does not say why. What is this short comes whole, or is answered with what is wrong.
      await readThrough(url, at, at + step, PART, signal);
    }
  }
}

/** An empty file has no first byte, and no file has any behind its last one. */
function unlessAtEnd(error: unknown) {
  if (!(error instanceof Failure && error.kind === "range")) throw error;
}

/** A selection as one archive, or, without a format, a file as it is. */
export async function download(snapshot: string, paths: string[], format?: Schemas["ArchiveFormat"]): Promise<void> {
  const answer = await change<Schemas["NewDownloadAnswer"]>("POST", "/downloads", { snapshot, paths, format });
  if (!answer) return;
  save(answer.url, answer.name);
  void follow(answer, format !== undefined);
}

async function follow({ url, status_url: statusUrl, name }: Schemas["NewDownloadAnswer"], isArchive: boolean) {
  for (let asked = 0; asked < ASKED_MAX; asked++) {
    await new Promise((done) => setTimeout(done, ASK_MS));
    const status = await getAt<Schemas["DownloadStatus"]>(statusUrl).catch((error: unknown) => (error instanceof Failure && error.status === 404 ? null : undefined));
    if (status === null) return;
    if (status === undefined || status.state === "waiting" || status.state === "running") continue;
    const { problem, left_out: leftOut } = status;
    if (status.state === "broken" && problem) tell([...told, { url, name, isArchive, leftOut, failure: new Failure(problem.status, problem.title, problem.detail, problem.hint, problem.kind) }]);
    else if (status.state === "done" && leftOut > 0) tell([...told, { url, name, isArchive, leftOut }]);
    return;
  }
}

function save(url: string, name: string) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
