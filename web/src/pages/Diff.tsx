// What is different between two snapshots.
import { Button, Chip, Group, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import type { Schemas } from "../api/client";
import { diff, snapshot, snapshots } from "../api/queries";
import { count, growth, size } from "../logic/format";
import { nameOf, parentOf } from "../logic/paths";
import { Icon } from "../parts/Icon";
import { Heading } from "../parts/Heading";
import { Label } from "../parts/State";
import { SnapshotSelect } from "../parts/SnapshotSelect";
import { Answer, Empty } from "../parts/states";
import { VirtualList } from "../parts/VirtualList";
import { strings } from "../strings";
import { PHONE } from "../theme";

const words = strings.diff;
const COLOURS = { added: "green", removed: "red", modified: "yellow", kind: "grape", metadata: "gray" } as const;

export function Diff() {
  const { from, to, path, kinds } = useSearch({ from: "/diff" });
  const navigate = useNavigate({ from: "/diff" });
  const set = (change: { from?: string | undefined; to?: string | undefined; kinds?: string | undefined }) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const parent = useQuery({ ...snapshot(to ?? ""), enabled: Boolean(to && !from) }).data?.parent;
  useEffect(() => {
    if (parent) void navigate({ search: (before) => ({ ...before, from: parent }), replace: true });
  }, [parent, navigate]);
  // Without a choice: what the newest snapshot brought.
  const newest = useInfiniteQuery({ ...snapshots({ sort: "-time" }), enabled: !to && !from }).data?.pages[0]?.items[0]?.id;
  useEffect(() => {
    if (newest && !to && !from) void navigate({ search: (before) => ({ ...before, to: newest }), replace: true });
  }, [newest, to, from, navigate]);
  return (
    <>
      <Heading title={words.title} />
      <Group gap="sm" mb="sm" align="flex-end">
        <SnapshotSelect label={words.from} none="–" value={from} set={(from) => set({ from })} w={420} maw="100%" />
        <SnapshotSelect label={words.to} none="–" value={to} set={(to) => set({ to })} w={420} maw="100%" />
        <Button size="xs" variant="default" disabled={!from || !to} onClick={() => set({ from: to, to: from })}>{words.swap}</Button>
      </Group>
      <Chip.Group multiple value={kinds?.split(",") ?? []} onChange={(chosen) => set({ kinds: chosen.join(",") || undefined })}>
        <Group gap={6} mb="sm" role="group" aria-label={words.filter}>
          {Object.entries(words.kinds).map(([value, label]) => <Chip key={value} value={value} size="xs" variant="outline">{label}</Chip>)}
        </Group>
      </Chip.Group>
      {path && <Text size="sm" className="quiet" mb="xs">{path}</Text>}
      {from && to ? <Changes from={from} to={to} path={path} kinds={kinds} /> : <Empty title={words.choose} />}
    </>
  );
}

function Changes({ from, to, path, kinds }: { from: string; to: string; path?: string | undefined; kinds?: string | undefined }) {
  const asked = useInfiniteQuery(diff({ from, to, path, kinds }));
  const isPhone = useMediaQuery(PHONE);
  return (
    <Answer query={asked}>
      {(data) => {
        const rows = data.pages.flatMap((page) => page.items);
        const stat = data.pages[0]?.stat;
        return (
          <>
            {stat && (
              <Text size="sm" className="quiet" mb="xs">
                {count(stat.added)} {words.kinds.added} ({growth(stat.bytes_added)}) · {count(stat.removed)} {words.kinds.removed} ({growth(-stat.bytes_removed)}) · {count(stat.modified)} {words.kinds.modified} · {count(stat.metadata)} {words.kinds.metadata}
              </Text>
            )}
            {rows.length === 0 && !asked.hasNextPage ? <Empty title={words.empty} /> : (
              <VirtualList count={rows.length} rowHeight={isPhone ? 46 : 36} height="calc(100dvh - 290px)" label={words.title} row={(at) => rows[at] && <Row of={rows[at]} from={from} to={to} />}
                more={{ has: asked.hasNextPage, busy: asked.isFetchingNextPage, load: () => void asked.fetchNextPage() }} />
            )}
          </>
        );
      }}
    </Answer>
  );
}

function Row({ of, from, to }: { of: Schemas["DiffRow"]; from: string; to: string }) {
  const it = of.after ?? of.before;
  const isFolder = it?.kind === "folder";
  const [before, after] = [of.before?.size ?? 0, of.after?.size ?? 0];
  const link = of.change === "modified" && !isFolder
    ? <Link className="truncate" to="/history" search={{ path: of.path, left: from, right: to }}>{nameOf(of.path)}</Link>
    : <Link className="truncate" to={isFolder ? "/browse/$id" : "/view/$id"} params={{ id: of.after ? to : from }} search={{ path: of.path }}>{nameOf(of.path)}</Link>;
  return (
    <div className="row item changes" style={{ height: "100%" }}>
      <Label colour={COLOURS[of.change]}>{words.kinds[of.change]}</Label>
      <span className="pathline" title={of.path}>{it && <Icon of={it} />}<span className="truncate quiet dir">{parentOf(of.path) === "/" ? "/" : `${parentOf(of.path)}/`}</span>{link}</span>
      <span className="number">{isFolder ? "" : size(of.after ? after : before)}</span>
      <span className="number wide">{isFolder || of.change === "metadata" ? "" : growth(after - before)}</span>
    </div>
  );
}
