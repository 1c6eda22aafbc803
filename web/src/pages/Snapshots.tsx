// All snapshots: filtered, sorted, and read on as one scrolls.
import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { Snapshot } from "../api/client";
import { snapshots, store } from "../api/queries";
import { count, dayBegin, exactTime, shortId, size, time } from "../logic/format";
import { Heading } from "../parts/Heading";
import { State } from "../parts/State";
import { Answer, Empty } from "../parts/states";
import { VirtualList } from "../parts/VirtualList";
import { strings } from "../strings";

const words = strings.snapshots;
const COLUMNS = { gridTemplateColumns: "84px 176px minmax(0,1fr) 112px 72px 82px 74px" };
const NARROW = { gridTemplateColumns: "minmax(0,1fr) auto" };

export function Snapshots() {
  const filter = useSearch({ from: "/snapshots" });
  const navigate = useNavigate({ from: "/snapshots" });
  const asked = useInfiniteQuery(snapshots({ ...filter, sort: filter.sort ?? "-time", since: dayBegin(filter.since), until: dayBegin(filter.until, 1) }));
  const origins = useQuery(store).data?.origins ?? [];
  const set = (change: Partial<typeof filter>) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const total = asked.data?.pages[0]?.total;
  return (
    <>
      <Heading title={words.title}>{total !== null && total !== undefined && <span className="quiet">{words.total(count(total))}</span>}</Heading>
      <Group gap="sm" mb="sm" align="flex-end">
        <NativeSelect size="xs" label={words.origin} value={filter.origin ?? ""} onChange={(event) => set({ origin: event.currentTarget.value || undefined })}
          data={[{ value: "", label: words.anyOrigin }, ...origins.map((it) => it.origin)]} maw={260} />
        <TextInput size="xs" label={words.tag} value={filter.tag ?? ""} w={110} onChange={(event) => set({ tag: event.currentTarget.value || undefined })} />
        <TextInput size="xs" type="date" label={words.since} value={filter.since ?? ""} onChange={(event) => set({ since: event.currentTarget.value || undefined })} />
        <TextInput size="xs" type="date" label={words.until} value={filter.until ?? ""} onChange={(event) => set({ until: event.currentTarget.value || undefined })} />
        <NativeSelect size="xs" label={words.completeness} value={filter.completeness ?? ""} onChange={(event) => set({ completeness: event.currentTarget.value || undefined })}
          data={[{ value: "", label: words.any }, ...Object.entries(strings.completeness).map(([value, label]) => ({ value, label }))]} />
        <Button size="xs" variant="default" onClick={() => void navigate({ search: {} })}>{words.clear}</Button>
      </Group>
      <Answer query={asked}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items) as Snapshot[];
          if (rows.length === 0) return <Empty title={words.empty} hint={words.emptyHint} />;
          return (
            <VirtualList count={rows.length} rowHeight={44} height="calc(100dvh - 230px)" label={words.title}
              head={<Head sort={filter.sort ?? "-time"} set={(sort) => set({ sort })} />}
              row={(at) => rows[at] && <Row of={rows[at]} />}
              more={{ has: asked.hasNextPage, busy: asked.isFetchingNextPage, load: () => void asked.fetchNextPage() }} />
          );
        }}
      </Answer>
    </>
  );
}

function Head({ sort, set }: { sort: string; set: (sort: string) => void }) {
  const by = (key: string, label: string) => (
    <button type="button" onClick={() => set(sort === `-${key}` ? key : `-${key}`)}>{label}{sort === key ? " ↑" : sort === `-${key}` ? " ↓" : ""}</button>
  );
  const head = strings.columns;
  return (
    <>
      <div className="row head broad" style={COLUMNS}>
        <span>{head.snapshot}</span>{by("time", head.time)}{by("origin", head.origin)}<span>{head.state}</span>
        <span className="number">{by("files", head.files)}</span><span className="number">{by("bytes", head.size)}</span><span />
      </div>
    </>
  );
}

function Row({ of }: { of: Snapshot }) {
  const id = <Link className="mono" to="/browse/$id" params={{ id: of.id }} >{shortId(of.id)}</Link>;
  const rows = of.missing + of.notes;
  return (
    <>
      <div className="row item broad" style={{ ...COLUMNS, height: "100%" }}>
        {id}
        <span className="truncate" title={exactTime(of.start)}>{time(of.start)}</span>
        <span className="truncate" title={of.origin}>{of.origin} {of.tags.length > 0 && <span className="quiet">{of.tags.join(", ")}</span>}</span>
        <State of={of.completeness} />
        <span className="number">{count(of.files)}</span>
        <span className="number">{size(of.bytes)}</span>
        <span>{rows > 0 && <Link to="/ledger/$id" params={{ id: of.id }}>{words.ledger} {count(rows)}</Link>}</span>
      </div>
      <div className="row item narrow" style={{ ...NARROW, height: "100%" }}>
        <div style={{ minWidth: 0 }}>
          <div className="truncate">{time(of.start)} · {id}</div>
          <div className="truncate quiet small">{of.origin}{of.tags.length > 0 && ` · ${of.tags.join(", ")}`}</div>
        </div>
        <State of={of.completeness} />
      </div>
    </>
  );
}
