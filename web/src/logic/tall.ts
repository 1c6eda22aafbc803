// Lists that are higher than a browser can lay a box out. The box stays below that, and the rows are shifted in it: by less and less
// towards the top, more and more towards the end. Small steps move rows by as many pixels; a leap moves them in proportion. So each
// row can be reached by every means: wheel, scroll bar and keys. (The way of SlickGrid.)

/** Chromium goes up to some 33 million pixels, Firefox to 17 million. */
export const HEIGHT_MAX = 4_000_000;
const PAGES = 100;

/** Where a list stands: how far its box is scrolled, and by how much its rows are shifted up in it. */
export interface Spot {
  top: number;
  offset: number;
}

export const START: Spot = { top: 0, offset: 0 };

/** How high the box is. */
export const boxHeight = (all: number) => Math.min(all, HEIGHT_MAX);

/** The spot at which what stands `real` pixels below the first row's edge is at the upper edge. */
export function goTo(real: number, all: number, view: number): Spot {
  const within = Math.max(0, Math.min(real, all - view));
  const offset = shift(Math.floor(within / pageOf(all)), all);
  return { top: within - offset, offset };
}

/** The spot after the box was scrolled to `top`: by hand, so to say, or in a leap. */
export function scrolled(before: Spot, top: number, all: number, view: number): Spot {
  if (all <= HEIGHT_MAX) return { top, offset: 0 };
  if (Math.abs(top - before.top) < view) return goTo(top + before.offset, all, view);
  const share = top / (HEIGHT_MAX - view);
  return { top, offset: shift(Math.floor((share * (all - view)) / pageOf(all)), all) };
}

const pageOf = (all: number) => (all <= HEIGHT_MAX ? Infinity : HEIGHT_MAX / PAGES);

function shift(page: number, all: number): number {
  if (all <= HEIGHT_MAX) return 0;
  const last = Math.floor(all / pageOf(all)) - 1;
  return Math.round((Math.min(page, last) * (all - HEIGHT_MAX)) / last);
}
