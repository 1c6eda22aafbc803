// A list of any length, of which only what is seen is in the page; it reads on when its end comes near.
import { Group, Loader } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type ReactNode } from "react";

interface Props {
  count: number;
  rowHeight: number;
  height: string;
  head?: ReactNode;
  row: (index: number) => ReactNode;
  label: string;
  more?: { has: boolean; busy: boolean; load: () => void };
}

export function VirtualList({ count, rowHeight, height, head, row, label, more }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12 });
  const items = rows.getVirtualItems();
  const last = items[items.length - 1]?.index ?? -1;
  useEffect(() => {
    if (more?.has && !more.busy && last >= count - 20) more.load();
  }, [more, last, count]);
  return (
    <div className="list panel" style={{ maxHeight: height }} ref={scroller} tabIndex={0} role="region" aria-label={label}>
      {head}
      <div style={{ height: rows.getTotalSize(), position: "relative" }}>
        {items.map((item) => (
          <div key={item.key} style={{ position: "absolute", top: 0, left: 0, right: 0, height: rowHeight, transform: `translateY(${item.start}px)` }}>
            {row(item.index)}
          </div>
        ))}
      </div>
      {more?.busy && <Group p="xs" justify="center"><Loader size="xs" /></Group>}
    </div>
  );
}
