// Which of many rows of one height are seen. However many there are, nothing is made of them but those.
import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { boxHeight, goTo, scrolled, START, type Spot } from "../logic/tall";

const OVERSCAN = 10;

export function useRows(count: number, rowHeight: number, headHeight: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const [spot, setSpot] = useState<Spot>(START);
  const [view, setView] = useState(0);
  const now = useRef<Spot>(START);
  const all = count * rowHeight;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setView(Math.max(0, element.clientHeight - headHeight)));
    watch.observe(element);
    return () => watch.disconnect();
  }, [headHeight]);

  const stand = useCallback((at: Spot) => {
    const element = scroller.current;
    if (!element) return;
    if (element.scrollTop !== at.top) element.scrollTop = at.top;
    // What the browser made of it, so that the event that comes of this changes nothing.
    now.current = { top: element.scrollTop, offset: at.offset };
    setSpot(now.current);
  }, []);

  const real = spot.top + spot.offset;
  const first = Math.max(0, Math.floor(real / rowHeight) - OVERSCAN);
  const last = Math.min(count - 1, Math.floor((real + view) / rowHeight) + OVERSCAN);
  return {
    scroller,
    /** Of the box that the rows stand in. */
    height: boxHeight(all),
    rows: Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at),
    /** Where a row stands in the box. */
    topOf: (row: number) => row * rowHeight - spot.offset,
    /** Rows that are seen at a time. */
    visible: Math.max(1, Math.floor(view / rowHeight)),
    onScroll: () => scroller.current && stand(scrolled(now.current, scroller.current.scrollTop, all, view)),
    /** Moves as little as it takes to show a row. */
    show: (row: number) => {
      const at = now.current.top + now.current.offset;
      if (row * rowHeight < at) stand(goTo(row * rowHeight, all, view));
      else if ((row + 1) * rowHeight > at + view) stand(goTo((row + 1) * rowHeight - view, all, view));
    },
  };
}
