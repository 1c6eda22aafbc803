// What the pages ask for, as queries that are kept and shared. A snapshot never changes, so what is in one is never stale.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, type Parameters, type Schemas } from "./client";

/** Rows that a list asks for at once. */
export const PAGE = 200;
const FOREVER = { staleTime: Infinity };

export const session = queryOptions({ queryKey: ["session"], queryFn: () => get<Schemas["Session"]>("/session") });

export const store = queryOptions({
  queryKey: ["store"],
  queryFn: ({ signal }) => get<Schemas["StoreSummary"]>("/store", {}, signal),
  staleTime: 30_000,
});

export const snapshot = (id: string) =>
  queryOptions({
    queryKey: ["snapshot", id],
    queryFn: ({ signal }) => get<Schemas["Snapshot"]>(`/snapshots/${id}`, {}, signal),
  });

/** A list that is read on by cursors. */
function list<T extends { next?: string | null }>(path: string, parameters: Parameters, limit = PAGE) {
  return infiniteQueryOptions({
    queryKey: ["list", path, parameters],
    queryFn: ({ signal, pageParam }) => get<T>(path, { ...parameters, limit, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last: T) => last.next ?? null,
  });
}

export const snapshots = (parameters: Parameters) => list<Schemas["List_Snapshot"]>("/snapshots", parameters);
export const ledger = (id: string, parameters: Parameters) =>
  list<Schemas["List_LedgerRow"]>(`/snapshots/${id}/ledger`, parameters);
export const history = (parameters: Parameters) => list<Schemas["List_HistoryRow"]>("/history", parameters);
export const diff = (parameters: Parameters) => list<Schemas["DiffList"]>("/diff", parameters);
export const search = (parameters: Parameters) => list<Schemas["SearchList"]>("/search", parameters, 100);
export const folders = (id: string, path: string) =>
  list<Schemas["EntryList"]>(`/snapshots/${id}/entries`, { path, folders_only: true });

/** The rows of a folder from `page * PAGE` on. */
export const entries = (id: string, path: string, sort: string, order: string, page: number) =>
  queryOptions({
    queryKey: ["entries", id, path, sort, order, page],
    queryFn: ({ signal }) =>
      get<Schemas["EntryList"]>(`/snapshots/${id}/entries`, { path, sort, order, at: page * PAGE, limit: PAGE }, signal),
    ...FOREVER,
  });

export const entry = (id: string, path: string) =>
  queryOptions({
    queryKey: ["entry", id, path],
    queryFn: ({ signal }) => get<Schemas["EntryDetails"]>(`/snapshots/${id}/entry`, { path }, signal),
    ...FOREVER,
  });

export const text = (id: string, path: string) =>
  queryOptions({
    queryKey: ["text", id, path],
    queryFn: ({ signal }) => get<Schemas["Text"]>(`/snapshots/${id}/text`, { path }, signal),
    ...FOREVER,
  });

export const usage = (id: string, path: string, compare?: string) =>
  queryOptions({
    queryKey: ["usage", id, path, compare],
    queryFn: ({ signal }) => get<Schemas["FolderUsage"]>(`/snapshots/${id}/usage`, { path, compare }, signal),
    ...FOREVER,
  });

export const tasks = queryOptions({
  queryKey: ["tasks"],
  queryFn: ({ signal }) => get<Schemas["TaskList"]>("/tasks", {}, signal),
});
