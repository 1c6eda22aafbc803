// What is selected in a folder: a set of paths, and the row from which Shift goes on.

export interface Selection {
  paths: ReadonlySet<string>;
  anchor: number | null;
}

export const NOTHING: Selection = { paths: new Set(), anchor: null };

export function toggle(selection: Selection, path: string, row: number): Selection {
  const paths = new Set(selection.paths);
  if (!paths.delete(path)) paths.add(path);
  return { paths, anchor: row };
}

/** Everything from the anchor to the row; rows that are not loaded are left out. */
export function extend(selection: Selection, row: number, pathAt: (row: number) => string | undefined): Selection {
  const anchor = selection.anchor ?? row;
  const paths = new Set(selection.paths);
  for (let at = Math.min(anchor, row); at <= Math.max(anchor, row); at++) {
    const path = pathAt(at);
    if (path !== undefined) paths.add(path);
  }
  return { paths, anchor };
}
