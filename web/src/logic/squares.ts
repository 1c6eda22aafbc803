// A squarified treemap (Bruls, Huizing, van Wijk 2000): areas in proportion, shapes near squares.

export interface Box<T> {
  item: T;
  x: number;
  y: number;
  width: number;
  height: number;
}

export function squares<T>(items: T[], weight: (item: T) => number, width: number, height: number): Box<T>[] {
  const sorted = items.filter((item) => weight(item) > 0).sort((a, b) => weight(b) - weight(a));
  const all = sorted.reduce((sum, item) => sum + weight(item), 0);
  if (all === 0 || width <= 0 || height <= 0) return [];
  const scale = (width * height) / all;
  const boxes: Box<T>[] = [];
  let [x, y, w, h] = [0, 0, width, height];
  for (let at = 0; at < sorted.length; ) {
    const side = Math.min(w, h);
    let [end, sum] = [at, 0];
    let worst = Infinity;
    const largest = weight(sorted[at] as T) * scale;
    while (end < sorted.length) {
      const area = weight(sorted[end] as T) * scale;
      const next = sum + area;
      const thick = next / side;
      // Items are sorted, so the first is the flattest one way and the last the other.
      const ratio = Math.max(largest / thick ** 2, thick ** 2 / area);
      if (ratio > worst) break;
      [worst, sum, end] = [ratio, next, end + 1];
    }
    const thick = sum / side;
    let along = 0;
    for (const item of sorted.slice(at, end)) {
      const length = (weight(item) * scale) / thick;
      boxes.push(w >= h ? { item, x, y: y + along, width: thick, height: length } : { item, x: x + along, y, width: length, height: thick });
      along += length;
    }
    if (w >= h) [x, w] = [x + thick, w - thick];
    else [y, h] = [y + thick, h - thick];
    at = end;
  }
  return boxes;
}
