// A folder of a snapshot: tree, table and details. Of a folder of any size only the rows that are seen are read.
import { Group, Text } from "@mantine/core";
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Navigate, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState, type KeyboardEvent, type MouseEvent } from "react";
import type { Entry } from "../api/client";
import { entries, PAGE, snapshot } from "../api/queries";
import { count, shortId } from "../logic/format";
import { nameOf, parentOf } from "../logic/paths";
import { extend, NOTHING, toggle } from "../logic/selection";
import { Actions } from "../parts/Actions";
import { Crumbs } from "../parts/Crumbs";
import { Details } from "../parts/Details";
import { EntryHead, EntryRow } from "../parts/EntryRow";
import { Folders } from "../parts/Folders";
import { Heading } from "../parts/Heading";
import { Notice } from "../parts/Notice";
import { Answer, Empty, Failed, Loading } from "../parts/states";
import { useRows } from "../parts/useRows";
import { Which } from "../parts/Which";
import { strings } from "../strings";

const ROW = 32;
const HEAD = 34;
/** More are not selected one by one: the folder that they are in is. */
const SELECTED_MAX = 10_000;

export function Browse() {
  const { id } = useParams({ from: "/browse/$id" });
  const { path, sort = "name", order = "asc", from } = useSearch({ from: "/browse/$id" });
  return path === undefined ? <AtRoot id={id} /> : <FolderPage key={`${id}${path}`} id={id} path={path} sort={sort} order={order} from={from} />;
}

const rowsOf = (loaded: Map<number, Entry[] | undefined>) => [...loaded.values()].flatMap((items) => items ?? []);

/** A snapshot is opened at what it was taken of. */
function AtRoot({ id }: { id: string }) {
  const asked = useQuery(snapshot(id));
  return <Answer query={asked}>{({ roots }) => <Navigate to="/browse/$id" params={{ id }} search={{ path: (roots.length === 1 && roots[0]) || "/" }} replace />}</Answer>;
}

interface Place {
  id: string;
  path: string;
  sort: string;
  order: string;
  /** The folder that one comes up from: the row to stand on. */
  from?: string | undefined;
}

function FolderPage({ id, path, sort, order, from }: Place) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [selection, select] = useState(NOTHING);
  /** What was asked for last counts, whatever answer comes last. */
  const turns = useRef(0);
  const [isTooMuch, setTooMuch] = useState(false);
  const [current, setCurrent] = useState(0);
  const [total, setTotal] = useState<number | null>(null);
  const { scroller, height, rows, topOf, visible, onScroll, show } = useRows(total ?? 0, ROW, HEAD);
  const wanted = [...new Set([0, ...rows.map((row) => Math.floor(row / PAGE)), Math.floor(current / PAGE)])];
  const pages = useQueries({ queries: wanted.map((page) => entries(id, path, sort, order, page)) });
  const loaded = new Map(wanted.map((page, at) => [page, pages[at]?.data?.items]));
  const entryAt = (row: number): Entry | undefined => loaded.get(Math.floor(row / PAGE))?.[row % PAGE];
  const first = pages[0];
  const failed = pages.find((page) => page.error);
  const known = first?.data?.total ?? first?.data?.items.length;
  const came = from === undefined ? -1 : (first?.data?.items.findIndex((item) => item.path === from) ?? -1);
  useEffect(() => {
    if (known !== undefined) setTotal(known);
  }, [known]);
  useEffect(() => scroller.current?.focus({ preventScroll: true }), [scroller, total !== null]); // eslint-disable-line react-hooks/exhaustive-deps
  useEffect(() => {
    if (came < 0 || visible <= 1) return;
    setCurrent(came);
    show(came);
  }, [came, visible > 1]); // eslint-disable-line react-hooks/exhaustive-deps

  const open = (entry: Entry | undefined) => {
    if (entry?.kind === "folder") void navigate({ to: "/browse/$id", params: { id }, search: { path: entry.path, sort, order } });
    else if (entry) void navigate({ to: "/view/$id", params: { id }, search: { path: entry.path } });
  };
  /** Selects what lies between, reading what was not seen yet: what is said to be selected is. */
  const extendTo = async (row: number) => {
    const before = selection.anchor === null ? { ...selection, anchor: current } : selection;
    const [low, high] = [Math.min(before.anchor ?? row, row), Math.max(before.anchor ?? row, row)];
    setTooMuch(high - low >= SELECTED_MAX);
    if (high - low >= SELECTED_MAX) return;
    const turn = ++turns.current;
    const between = new Map<number, Entry[]>();
    for (let page = Math.floor(low / PAGE); page <= Math.floor(high / PAGE); page++)
      between.set(page, (await client.ensureQueryData(entries(id, path, sort, order, page))).items);
    if (turn === turns.current) select(extend(before, row, (at) => between.get(Math.floor(at / PAGE))?.[at % PAGE]?.path));
  };
  const move = (row: number, isExtending: boolean) => {
    const to = Math.max(0, Math.min((total ?? 0) - 1, row));
    // What cannot be read is told where the rows are.
    if (isExtending) void extendTo(to).catch(() => undefined);
    setCurrent(to);
    show(to);
  };
  const up = () => void navigate({ to: "/browse/$id", params: { id }, search: { path: parentOf(path), from: path } });
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== scroller.current) return;
    const here = entryAt(current);
    const page = Math.max(1, visible - 1);
    const keys: Record<string, () => void> = {
      ArrowDown: () => move(current + 1, event.shiftKey),
      ArrowUp: () => move(current - 1, event.shiftKey),
      PageDown: () => move(current + page, event.shiftKey),
      PageUp: () => move(current - page, event.shiftKey),
      Home: () => move(0, event.shiftKey),
      End: () => move((total ?? 0) - 1, event.shiftKey),
      Enter: () => open(here),
      Backspace: () => path !== "/" && up(),
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
    if (event.shiftKey) void extendTo(row).catch(() => undefined);
  };
  const chosen = [...selection.paths];
  const [only] = chosen.length === 1 ? rowsOf(loaded).filter((entry) => entry.path === chosen[0]) : [];
  const here = entryAt(current);
  const name = path === "/" ? `${strings.columns.snapshot} ${shortId(id)}` : nameOf(path);
  return (
    <>
      <Heading title={name} about={<Which id={id} isLink={false} />}>
        <Link to="/search" search={{ snapshot: id }}>{strings.browse.search}</Link>
        <Link to="/usage/$id" params={{ id }} search={{ path }}>{strings.browse.usage}</Link>
        <Link to="/ledger/$id" params={{ id }}>{strings.browse.ledger}</Link>
        <Link to="/diff" search={{ to: id }}>{strings.browse.compare}</Link>
      </Heading>
      <Crumbs id={id} path={path} />
      <Group gap="xs" mb="xs" mih={32} className="doing">
        <Text size="sm" className="quiet" role="status">{chosen.length > 0 ? strings.browse.selected(count(chosen.length)) : total !== null && strings.browse.rows(total, count(total))}</Text>
        <Actions id={id} paths={chosen.length > 0 ? chosen : [path]} disabled={!total} isFile={only?.kind === "file"} />
      </Group>
      {isTooMuch && <Notice weight="attention" isAlert>{strings.browse.tooMuch(count(SELECTED_MAX))}</Notice>}
      {failed?.error && <Failed error={failed.error} retry={() => void failed.refetch()} />}
      <div className="browse">
        <Folders id={id} current={path} />
        <div className="list panel" ref={scroller} tabIndex={0} onScroll={onScroll} onKeyDown={press} role="grid" aria-label={path} aria-rowcount={(total ?? 0) + 1} aria-multiselectable aria-activedescendant={here ? `row-${current}` : undefined}>
          <EntryHead sort={sort} order={order} set={(sort, order) => void navigate({ to: "/browse/$id", params: { id }, search: { path, sort, order }, replace: true })} />
          {failed?.error ? null : first?.isPending ? <Loading /> : total === 0 && <Empty title={strings.browse.empty} />}
          <div style={{ height, position: "relative" }} role="rowgroup">
            {rows.map((row) => (
              <EntryRow key={row} id={id} entry={entryAt(row)} index={row} top={topOf(row)} height={ROW} isCurrent={row === current}
                isSelected={selection.paths.has(entryAt(row)?.path ?? "")} onClick={click} onOpen={open}
                onSelect={(entry) => select((before) => toggle(before, entry.path, row))} />
            ))}
          </div>
        </div>
        <aside className="panel side list" aria-label={strings.browse.details} tabIndex={0}>{here ? <Details id={id} path={here.path} isBeside /> : <Text p="md" className="quiet">{strings.browse.noDetails}</Text>}</aside>
      </div>
    </>
  );
}
