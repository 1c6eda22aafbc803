// What is being downloaded. The browser says how far it is; why one broke off, and what has no place in an archive, only the program
// knows, so it is asked.
import { useSyncExternalStore } from "react";
import { address, change, Failure, get, getBytes, type Schemas } from "./client";

export interface Download {
  url: string;
  name: string;
  failure?: Failure;
  leftOut: number;
}

const ASK_MS = 700;
/** An archive that nobody fetches is not asked about for ever. */
const ASKED_MAX = 5000;
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

/** One file, as it is. What is damaged at its beginning is said here: a browser would only say that it failed. */
export async function downloadFile(snapshot: string, path: string, name: string): Promise<void> {
  const url = address(`/snapshots/${snapshot}/content`, { path, download: true });
  await probe(snapshot, path);
  save(url, name);
}

/** Throws what is wrong with the beginning of a file. */
export async function probe(snapshot: string, path: string, signal?: AbortSignal): Promise<void> {
  try {
    await getBytes(address(`/snapshots/${snapshot}/content`, { path }), 0, 1, signal);
  } catch (error) {
    // An empty file has no first byte.
    if (!(error instanceof Failure && error.kind === "range")) throw error;
  }
}

/** A selection, as one archive. */
export async function downloadArchive(snapshot: string, paths: string[], format: Schemas["ArchiveFormat"]): Promise<void> {
  const answer = await change<Schemas["NewDownloadAnswer"]>("POST", "/downloads", { snapshot, paths, format });
  if (!answer) return;
  save(answer.url, answer.name);
  void follow(answer);
}

async function follow({ url, name }: Schemas["NewDownloadAnswer"]) {
  const id = url.slice(url.lastIndexOf("/") + 1);
  for (let asked = 0; asked < ASKED_MAX; asked++) {
    await new Promise((done) => setTimeout(done, ASK_MS));
    const status = await get<Schemas["DownloadStatus"]>(`/downloads/${id}/status`).catch((error: unknown) => (error instanceof Failure && error.status === 404 ? null : undefined));
    if (status === null) return;
    if (status === undefined || status.state === "waiting" || status.state === "running") continue;
    const { problem, left_out: leftOut } = status;
    if (status.state === "broken" && problem) tell([...told, { url, name, leftOut, failure: new Failure(problem.status, problem.title, problem.detail, problem.hint, problem.kind) }]);
    else if (status.state === "done" && leftOut > 0) tell([...told, { url, name, leftOut }]);
    return;
  }
}

function save(url: string, name: string) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
