// The tree of folders beside a table. A folder is read when it is opened.
import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { folders } from "../api/queries";
import { isWithin, nameOf } from "../logic/paths";
import { strings } from "../strings";

interface Place {
  id: string;
  current: string;
}

export function Folders({ id, current }: Place) {
  return (
    <nav className="list panel tree" aria-label={strings.browse.tree} style={{ padding: 6 }}>
      <Branch id={id} current={current} path="/" level={0} />
    </nav>
  );
}

function Branch({ id, current, path, level }: Place & { path: string; level: number }) {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const isOpen = chosen ?? isWithin(current, path);
  const isHere = current === path;
  return (
    <div>
      <div style={{ display: "flex", paddingLeft: level * 12, gap: 2, fontSize: 14, lineHeight: "26px" }} className={isHere ? "row current" : undefined}>
        <button type="button" onClick={() => setChosen(!isOpen)} aria-expanded={isOpen} aria-label={nameOf(path)} style={{ all: "unset", cursor: "pointer", width: 18, textAlign: "center", fontSize: 11 }}>
          {isOpen ? "▾" : "▸"}
        </button>
        <Link className="truncate" to="/browse/$id" params={{ id }} search={{ path }} aria-current={isHere ? "true" : undefined}>
          {path === "/" ? strings.browse.top : nameOf(path)}
        </Link>
      </div>
      {isOpen && <Children id={id} current={current} path={path} level={level + 1} />}
    </div>
  );
}

function Children({ id, current, path, level }: Place & { path: string; level: number }) {
  const asked = useInfiniteQuery({ ...folders(id, path), staleTime: Infinity });
  const rows = asked.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {rows.map((row) => <Branch key={row.path} id={id} current={current} path={row.path} level={level} />)}
      {asked.hasNextPage && (
        <Button size="compact-xs" variant="subtle" loading={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()} style={{ marginLeft: level * 12 + 14 }}>{strings.browse.more}</Button>
      )}
    </>
  );
}
