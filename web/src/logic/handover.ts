// Hands a selection from one page to the next: it may be too long for an address.
const KEY = "larder-selection";

export function handOver(snapshot: string, paths: string[]) {
  sessionStorage.setItem(KEY, JSON.stringify({ snapshot, paths }));
}

export function takeOver(snapshot: string): string[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as { snapshot: string; paths: string[] } | null;
    return kept?.snapshot === snapshot ? kept.paths : [];
  } catch {
    return [];
  }
}
