// A folder of a snapshot: tree, table and details. Of a folder of any size only the rows that are seen are read.
import { Group, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type KeyboardEvent, type MouseEvent } from "react";
import type { Entry } from "../api/client";
import { entries, PAGE } from "../api/queries";
import { count, shortId } from "../logic/format";
import { parentOf } from "../logic/paths";
import { extend, NOTHING, toggle } from "../logic/selection";
import { Actions } from "../parts/Actions";
import { Crumbs } from "../parts/Crumbs";
import { Details } from "../parts/Details";
import { EntryHead, EntryRow } from "../parts/EntryRow";
import { Folders } from "../parts/Folders";
import { Heading } from "../parts/Heading";
import { Empty, Failed, Loading } from "../parts/states";
import { strings } from "../strings";

const ROW = 32;
/** Browsers lay out no box higher than about 33 million pixels. */
const ROWS_MAX = 1_000_000;

export function Browse() {
  const { id } = useParams({ from: "/browse/$id" });
  const { path = "/", sort = "name", order = "asc" } = useSearch({ from: "/browse/$id" });
  return <FolderPage key={`${id}${path}`} id={id} path={path} sort={sort} order={order} />;
}

function FolderPage({ id, path, sort, order }: { id: string; path: string; sort: string; order: string }) {
  const navigate = useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const [selection, select] = useState(NOTHING);
  const [current, setCurrent] = useState(0);
  const [total, setTotal] = useState(0);
  const shown = Math.min(total, ROWS_MAX);
  const rows = useVirtualizer({ count: shown, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 10 });
  const items = rows.getVirtualItems();
  const wanted = [...new Set([0, ...items.map((item) => Math.floor(item.index / PAGE)), Math.floor(current / PAGE)])];
  const pages = useQueries({ queries: wanted.map((page) => entries(id, path, sort, order, page)) });
  const loaded = new Map(wanted.map((page, at) => [page, pages[at]?.data?.items]));
  const entryAt = (row: number): Entry | undefined => loaded.get(Math.floor(row / PAGE))?.[row % PAGE];
  const first = pages[0];
  const known = first?.data?.total ?? first?.data?.items.length;
  useEffect(() => {
    if (known !== undefined) setTotal(known);
  }, [known]);
  useEffect(() => scroller.current?.focus(), [total > 0]); // eslint-disable-line react-hooks/exhaustive-deps

  const open = (entry: Entry | undefined) => {
    if (entry?.kind === "folder") void navigate({ to: "/browse/$id", params: { id }, search: { path: entry.path, sort, order } });
    else if (entry) void navigate({ to: "/view/$id", params: { id }, search: { path: entry.path } });
  };
  const move = (row: number, isExtending: boolean) => {
    const to = Math.max(0, Math.min(shown - 1, row));
    if (isExtending) select((before) => extend(before.anchor === null ? { ...before, anchor: current } : before, to, (at) => entryAt(at)?.path));
    setCurrent(to);
    rows.scrollToIndex(to);
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== scroller.current) return;
    const here = entryAt(current);
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW) / ROW) - 2);
    const keys: Record<string, () => void> = {
      ArrowDown: () => move(current + 1, event.shiftKey),
      ArrowUp: () => move(current - 1, event.shiftKey),
      PageDown: () => move(current + page, event.shiftKey),
      PageUp: () => move(current - page, event.shiftKey),
      Home: () => move(0, event.shiftKey),
      End: () => move(shown - 1, event.shiftKey),
      Enter: () => open(here),
      Backspace: () => path !== "/" && void navigate({ to: "/browse/$id", params: { id }, search: { path: parentOf(path) } }),
      " ": () => here && select((before) => toggle(before, here.path, current)),
      Escape: () => select(NOTHING),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const click = (event: MouseEvent, row: number) => {
    setCurrent(row);
    if (event.shiftKey) select((before) => extend(before, row, (at) => entryAt(at)?.path));
  };
  const chosen = [...selection.paths];
  const here = entryAt(current);
  return (
    <>
      <Heading title={`${strings.columns.snapshot} ${shortId(id)}`}>
        <Link to="/search" search={{ snapshot: id }}>{strings.browse.search}</Link>
        <Link to="/usage/$id" params={{ id }} search={{ path }}>{strings.browse.usage}</Link>
        <Link to="/ledger/$id" params={{ id }}>{strings.browse.ledger}</Link>
        <Link to="/diff" search={{ to: id }}>{strings.browse.compare}</Link>
      </Heading>
      <Crumbs id={id} path={path} />
      <Group gap="xs" mb="xs" mih={32}>
        <Text size="sm" className="quiet" role="status">{chosen.length > 0 ? strings.browse.selected(chosen.length) : strings.browse.rows(count(total))}</Text>
        <Actions id={id} paths={chosen.length > 0 ? chosen : [path]} disabled={total === 0} />
        {total > ROWS_MAX && <Text size="sm">{strings.browse.tooMany(count(ROWS_MAX))}</Text>}
      </Group>
      <div className="browse">
        <Folders id={id} current={path} />
        <div className="list panel" ref={scroller} tabIndex={0} onKeyDown={press} role="grid" aria-label={path} aria-rowcount={total + 1} aria-multiselectable aria-activedescendant={here ? `row-${current}` : undefined}>
          <EntryHead sort={sort} order={order} set={(sort, order) => void navigate({ to: "/browse/$id", params: { id }, search: { path, sort, order }, replace: true })} />
          {first?.error ? <Failed error={first.error} retry={() => void first.refetch()} /> : first?.isPending ? <Loading /> : total === 0 && <Empty title={strings.browse.empty} />}
          <div style={{ height: rows.getTotalSize(), position: "relative" }} role="rowgroup">
            {items.map((item) => (
              <EntryRow key={item.key} id={id} entry={entryAt(item.index)} index={item.index} top={item.start} height={ROW} isCurrent={item.index === current}
                isSelected={selection.paths.has(entryAt(item.index)?.path ?? "")} onClick={click} onOpen={open}
                onSelect={(entry) => select((before) => toggle(before, entry.path, item.index))} />
            ))}
          </div>
        </div>
        <aside className="panel side list" aria-label={strings.browse.details} tabIndex={0}>{here ? <Details id={id} path={here.path} /> : <Text p="md" className="quiet">{strings.browse.noDetails}</Text>}</aside>
      </div>
    </>
  );
}
