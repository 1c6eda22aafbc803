// What is the same from snapshot to snapshot, told once: the versions of a path in its history, and those of a hit among others.
import type { Schemas } from "../api/client";

type Row = Schemas["HistoryRow"];
type Hit = Schemas["Hit"];

/** Snapshots of one origin, one after the other, in which a path is the same. */
export interface Version {
  /** The newest of them. */
  row: Row;
  /** The oldest of them: with it the version began. */
  oldest: Row;
  state: Row["state"];
  snapshots: number;
  /** Whether there may be more of them that were not read yet. */
  isOpen: boolean;
}

/** Versions, the newest first, of rows that are sorted so. That a path was gone is one; that an origin has never had it is none. */
export function versions(rows: Row[], hasMore: boolean): Version[] {
  const open = new Map<string, Version>();
  const all: Version[] = [];
  for (const row of rows) {
    const before = open.get(row.origin);
    const goesOn = before !== undefined && before.isOpen && row.state !== "damaged" && Boolean(before.row.entry) === Boolean(row.entry);
    const version = goesOn ? before : { row, oldest: row, state: row.state, snapshots: 0, isOpen: true };
    if (!goesOn) {
      if (before) before.isOpen = false;
      all.push(version);
      open.set(row.origin, version);
    }
    version.oldest = row;
    version.state = row.state;
    version.snapshots += 1;
    version.isOpen = row.state === "same" || row.state === "absent";
  }
  if (!hasMore) all.forEach((version) => (version.isOpen = false));
  return all.filter((version) => version.state !== "absent");
}

/** The versions that were chosen (each by any of its snapshots), else the newest one and the one before it. */
export function chosen(all: Version[], rows: Row[], left?: string, right?: string): { before?: Row | undefined; after?: Row | undefined } {
  const there = all.filter((version) => version.row.entry);
  const find = (snapshot?: string) => rows.find((row) => row.snapshot === snapshot && row.entry);
  const after = find(right) ?? there[0]?.row;
  const at = there.findIndex((version) => version.row === after);
  const next = there.slice(at + 1).find((version) => version.row.origin === after?.origin);
  return { before: find(left) ?? next?.row, after };
}

/** A path that was found, with its versions, the newest first. */
export interface Found {
  path: string;
  versions: Hit[];
  /** Snapshots that hold any of them. */
  snapshots: number;
}

export function byPath(hits: Hit[]): Found[] {
  const all = new Map<string, Found>();
  for (const hit of hits) {
    const found = all.get(hit.path) ?? { path: hit.path, versions: [], snapshots: 0 };
    found.versions.push(hit);
    found.snapshots += hit.snapshots;
    all.set(hit.path, found);
  }
  return [...all.values()];
}
