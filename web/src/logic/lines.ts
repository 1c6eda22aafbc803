// Two texts as rows that stand beside each other.
import { diffLines } from "diff";

export interface Line {
  left: { number: number; text: string } | null;
  right: { number: number; text: string } | null;
  isSame: boolean;
}

/** Rows, or null where finding the difference takes too long. */
export function sideBySide(before: string, after: string, timeoutMs = 3000): Line[] | null {
  const parts = diffLines(before, after, { timeout: timeoutMs });
  if (!parts) return null;
  const rows: Line[] = [];
  let [left, right] = [1, 1];
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at];
    if (!part) continue;
    const next = parts[at + 1];
    if (!part.added && !part.removed) {
      for (const text of split(part.value)) rows.push({ left: { number: left++, text }, right: { number: right++, text }, isSame: true });
      continue;
    }
    // What was taken away and what came in its place share rows.
    const isPair = part.removed && next?.added;
    const gone = part.removed ? split(part.value) : [];
    const come = isPair ? split(next.value) : part.added ? split(part.value) : [];
    for (let row = 0; row < Math.max(gone.length, come.length); row++) {
      const [old, fresh] = [gone[row], come[row]];
      rows.push({ left: old === undefined ? null : { number: left++, text: old }, right: fresh === undefined ? null : { number: right++, text: fresh }, isSame: false });
    }
    if (isPair) at++;
  }
  return rows;
}

/** The same, one below the other: where there is no room for two columns. */
export function stacked(rows: Line[]): Line[] {
  const all: Line[] = [];
  let [gone, come]: [Line[], Line[]] = [[], []];
  const end = () => {
    all.push(...gone, ...come);
    [gone, come] = [[], []];
  };
  for (const row of rows) {
    if (row.isSame) {
      end();
      all.push(row);
      continue;
    }
    if (row.left) gone.push({ ...row, right: null });
    if (row.right) come.push({ ...row, left: null });
  }
  end();
  return all;
}

function split(text: string): string[] {
  const lines = text.split("\n");
  if (lines[lines.length - 1] === "") lines.pop();
  return lines;
}
