// Calls of the viewer's HTTP API. What goes wrong is always a `Failure` that can be shown to a person.
import type { components } from "./schema";
import { strings } from "../strings";

export type Schemas = components["schemas"];
export type Entry = Schemas["Entry"];
export type Snapshot = Schemas["Snapshot"];
export type Task = Schemas["Task"];
export type Parameters = Record<string, string | number | boolean | null | undefined>;

const ROOT = "/api/v1";
let csrf: string | null = null;
let whenSignedOut: () => void = () => undefined;

export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly hint?: string | null,
    readonly kind = "failed",
  ) {
    super(detail);
  }
}

/** The token that changes need, from the session. */
export const setCsrf = (token: string | null | undefined) => (csrf = token ?? null);

/** Called when an answer says that there is no session any more. */
export const onSignedOut = (listener: () => void) => (whenSignedOut = listener);

export function address(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === null || value === "" || value === false) continue;
    query.set(name, value === true ? "1" : String(value));
  }
  const text = query.toString();
  return `${ROOT}${path}${text ? `?${text}` : ""}`;
}

export const contentAddress = (snapshot: string, path: string) => address(`/snapshots/${snapshot}/content`, { path });

async function send(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Failure(0, strings.errors.gone, strings.errors.goneDetail, strings.errors.goneHint, "unreachable");
  }
  if (response.ok) return response;
  if (response.status === 401 && !url.startsWith(`${ROOT}/session`)) whenSignedOut();
  throw await failure(response);
}

async function failure(response: Response): Promise<Failure> {
  try {
    const body = (await response.json()) as Schemas["Problem"];
    return new Failure(response.status, body.title, body.detail, body.hint, body.kind);
  } catch {
    return new Failure(response.status, strings.errors.strange, strings.errors.strangeDetail(response.status));
  }
}

export const get = <T>(path: string, parameters?: Parameters, signal?: AbortSignal) => getAt<T>(address(path, parameters), signal);

/** What is at an address that an answer has named. */
export async function getAt<T>(url: string, signal?: AbortSignal): Promise<T> {
  const response = await send(url, { signal });
  return (await response.json()) as T;
}

export async function getBytes(url: string, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await send(url, { signal, headers: { Range: `bytes=${start}-${end - 1}` } });
  return new Uint8Array(await response.arrayBuffer());
}

export async function change<T>(method: "POST" | "DELETE", path: string, body?: unknown): Promise<T | null> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (csrf) headers["X-Larder-CSRF"] = csrf;
  const response = await send(`${ROOT}${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  return response.status === 204 ? null : ((await response.json()) as T);
}
