// One path through all snapshots, version by version, and two of its versions side by side.
import { Button, Group, SegmentedControl, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Schemas } from "../api/client";
import { history } from "../api/queries";
import { count, day, exactTime, shortId, size, time } from "../logic/format";
import { modes } from "../logic/kinds";
import { nameOf } from "../logic/paths";
import { chosen, versions, type Version } from "../logic/versions";
import { ImageDiff } from "../previews/ImageDiff";
import { TextDiff } from "../previews/TextDiff";
import { Heading } from "../parts/Heading";
import { Label } from "../parts/State";
import { Answer, Empty, Loading } from "../parts/states";
import { VirtualList } from "../parts/VirtualList";
import { strings } from "../strings";

const words = strings.history;
const COLOURS = { same: "gray", changed: "yellow", added: "green", removed: "red", absent: "gray", damaged: "red" } as const;

type Row = Schemas["HistoryRow"];
type Choose = (change: { left?: string; right?: string }) => void;

export function History() {
  const { path = "/", origin, left, right } = useSearch({ from: "/history" });
  const navigate = useNavigate({ from: "/history" });
  const asked = useInfiniteQuery(history({ path, origin }));
  const choose: Choose = (change) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const rows = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const all = versions(rows, asked.hasNextPage);
  const { before, after } = chosen(all, rows, left, right);
  // Snapshots in which nothing changed are read on through, until there are two versions to compare.
  const isWanting = !before && asked.hasNextPage && !asked.isFetching && !asked.error;
  const { fetchNextPage } = asked;
  useEffect(() => {
    if (isWanting) void fetchNextPage();
  }, [isWanting, fetchNextPage]);
  return (
    <>
      <Heading title={`${words.title}: ${nameOf(path)}`} about={<>{path}{origin && ` · ${origin}`}</>} />
      <Answer query={asked}>
        {() => all.length === 0 && !asked.error ? (asked.hasNextPage ? <Loading /> : <Empty title={words.empty} />) : (
          <>
            <Rows all={all} rows={rows} path={path} hasOrigins={!origin} before={before} after={after} choose={choose}
              more={{ has: asked.hasNextPage, busy: asked.isFetchingNextPage, load: () => void fetchNextPage() }} />
            <Comparison path={path} before={before} after={after} isOnlyOne={!before && !asked.hasNextPage} />
          </>
        )}
      </Answer>
    </>
  );
}

interface Shown {
  all: Version[];
  rows: Row[];
  path: string;
  hasOrigins: boolean;
  before: Row | undefined;
  after: Row | undefined;
  choose: Choose;
  more: { has: boolean; busy: boolean; load: () => void };
}

function Rows({ all, rows, more, ...rest }: Shown) {
  const [isEach, setEach] = useState(false);
  const shown = isEach ? rows.map((row) => ({ row, oldest: row, state: row.state, snapshots: 1, isOpen: false })) : all;
  return (
    <>
      <SegmentedControl size="xs" mb="xs" aria-label={words.title} value={isEach ? "each" : "versions"} onChange={(value) => setEach(value === "each")}
        data={[{ value: "versions", label: words.versions }, { value: "each", label: words.each }]} />
      <VirtualList count={shown.length} rowHeight={44} height="40dvh" label={words.title} more={more}
        row={(at) => shown[at] && <VersionRow of={shown[at]} isEach={isEach} {...rest} />} />
    </>
  );
}

function VersionRow({ of, path, hasOrigins, before, after, choose, isEach }: Omit<Shown, "all" | "rows" | "more"> & { of: Version; isEach: boolean }) {
  const { row, oldest, state } = of;
  const isIt = (chosen: Row | undefined) => chosen !== undefined && chosen.origin === row.origin && (chosen.time ?? "") <= (row.time ?? "") && (chosen.time ?? "") >= (oldest.time ?? "");
  const pick = (side: "left" | "right", isChosen: boolean, label: string) => (
    <Button size="compact-xs" variant={isChosen ? "filled" : "default"} disabled={!row.entry} aria-pressed={isChosen} onClick={() => choose({ [side]: row.snapshot })}>{label}</Button>
  );
  const isFolder = row.entry?.kind === "folder";
  const shown = (write: (time: string | null | undefined) => string) => (isEach ? write(row.time) : of.isOpen ? words.until(write(row.time)) : words.since(write(oldest.time)));
  const when = <><span className="wide">{shown(time)}</span><span className="phone">{shown(day)}</span></>;
  const about = [isEach ? shortId(row.snapshot) : words.snapshots(of.snapshots, count(of.snapshots)), hasOrigins && row.origin].filter(Boolean).join(" · ");
  return (
    <div className="row item past" style={{ height: "100%" }}>
      <div style={{ minWidth: 0 }} title={exactTime(row.time)}>
        <div className="truncate">{row.entry ? <Link to={isFolder ? "/browse/$id" : "/view/$id"} params={{ id: row.snapshot }} search={{ path }}>{when}</Link> : when}</div>
        <div className="truncate quiet small">{about}</div>
      </div>
      <span><Label colour={COLOURS[state]}>{words.states[state]}</Label></span>
      <span className="number wide">{row.entry && !isFolder ? size(row.entry.size) : ""}</span>
      <Group gap={4} wrap="nowrap" justify="flex-end">{pick("left", isIt(before), words.left)}{pick("right", isIt(after), words.right)}</Group>
    </div>
  );
}

function Comparison({ path, before, after, isOnlyOne }: { path: string; before?: Row | undefined; after?: Row | undefined; isOnlyOne: boolean }) {
  if (!before || !after || before === after) return <Text mt="md" size="sm" className="quiet">{isOnlyOne ? words.onlyOne : words.hint}</Text>;
  if (before.entry?.kind !== "file" || after.entry?.kind !== "file")
    return <Text mt="md" size="sm"><Link to="/diff" search={{ from: before.snapshot, to: after.snapshot, path }}>{words.compareFolders}</Link></Text>;
  const ways = modes(path, after.entry.media_type);
  return (
    <section style={{ marginTop: 16 }}>
      <Title order={2} mb="xs">{time(before.time)} → {time(after.time)}</Title>
      {ways[0] === "image" && <ImageDiff key={before.snapshot + after.snapshot} path={path} left={before.snapshot} right={after.snapshot} />}
      {ways.includes("text") && <TextDiff path={path} left={before.snapshot} right={after.snapshot} />}
      {ways[0] !== "image" && !ways.includes("text") && <Text className="quiet">{words.tooLarge}</Text>}
    </section>
  );
}
