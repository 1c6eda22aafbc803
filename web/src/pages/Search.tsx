// Names in one or all snapshots, as one types. What is typed meanwhile ends the search before.
import { Button, Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import type { Schemas } from "../api/client";
import { search, store } from "../api/queries";
import { count, dayBegin, shortId, size, time } from "../logic/format";
import { parentOf } from "../logic/paths";
import { byPath, type Found } from "../logic/versions";
import { Icon } from "../parts/Icon";
import { Heading } from "../parts/Heading";
import { Answer, Empty } from "../parts/states";
import { VirtualList } from "../parts/VirtualList";
import { strings } from "../strings";

const words = strings.search;
const WAIT_MS = 120;
const MIB = 1_048_576;

export function Search() {
  const filter = useSearch({ from: "/search" });
  const navigate = useNavigate({ from: "/search" });
  const [typed, setTyped] = useState(filter.q ?? "");
  const [q] = useDebouncedValue(typed.trim(), WAIT_MS);
  useEffect(() => void navigate({ search: (before) => ({ ...before, q: q || undefined }), replace: true }), [q, navigate]);
  const set = (change: Partial<typeof filter>) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const asked = useInfiniteQuery({ ...search(parameters(q, filter)), enabled: q !== "", placeholderData: keepPreviousData });
  return (
    <>
      <Heading title={words.title} />
      <TextInput label={words.label} value={typed} autoFocus type="search" mb="sm" onChange={(event) => setTyped(event.currentTarget.value)} />
      <Filters filter={filter} set={set} clear={() => void navigate({ search: { q: q || undefined }, replace: true })} />
      {q === "" ? <Empty title={words.type} /> : <Answer query={asked}>{(data) => <Hits of={data.pages} more={{ has: asked.hasNextPage, busy: asked.isFetchingNextPage, load: () => void asked.fetchNextPage() }} />}</Answer>}
    </>
  );
}

type Filter = Partial<Record<"snapshot" | "origin" | "kind" | "min" | "max" | "since" | "until" | "q", string | undefined>>;

function parameters(q: string, of: Filter) {
  const bytes = (text?: string) => (text && Number(text) >= 0 ? Math.round(Number(text) * MIB) : undefined);
  return { q, snapshot: of.snapshot, origin: of.origin, kind: of.kind, min_size: bytes(of.min), max_size: bytes(of.max), since: dayBegin(of.since), until: dayBegin(of.until, 1), ignore_case: true };
}

function Filters({ filter, set, clear }: { filter: Filter; set: (change: Filter) => void; clear: () => void }) {
  const origins = useQuery(store).data?.origins ?? [];
  const where = [{ value: "", label: words.all }, { value: "latest", label: words.latest }];
  if (filter.snapshot && filter.snapshot !== "latest") where.push({ value: filter.snapshot, label: words.one(shortId(filter.snapshot)) });
  const field = (name: keyof Filter, label: string, type: string) => (
    <TextInput size="xs" type={type} min={0} label={label} w={type === "date" ? undefined : 110} value={filter[name] ?? ""} onChange={(event) => set({ [name]: event.currentTarget.value || undefined })} />
  );
  return (
    <Group gap="sm" mb="sm" align="flex-end">
      <NativeSelect size="xs" label={words.snapshot} data={where} value={filter.snapshot ?? ""} onChange={(event) => set({ snapshot: event.currentTarget.value || undefined })} />
      <NativeSelect size="xs" label={words.kind} value={filter.kind ?? ""} onChange={(event) => set({ kind: event.currentTarget.value || undefined })}
        data={[{ value: "", label: words.anyKind }, ...["file", "folder", "symlink"].map((value) => ({ value, label: strings.kinds[value as Schemas["EntryKind"]] }))]} />
      <NativeSelect size="xs" label={words.origin} value={filter.origin ?? ""} maw={240} onChange={(event) => set({ origin: event.currentTarget.value || undefined })}
        data={[{ value: "", label: strings.snapshots.anyOrigin }, ...origins.map((it) => it.origin)]} />
      {field("min", words.min, "number")}{field("max", words.max, "number")}{field("since", words.since, "date")}{field("until", words.until, "date")}
      <Button size="xs" variant="default" onClick={clear}>{strings.snapshots.clear}</Button>
    </Group>
  );
}

interface More {
  has: boolean;
  busy: boolean;
  load: () => void;
}

/** A path that was found; or, below it, one of its versions. */
type Line = { found: Found; hit: Schemas["Hit"]; isVersion: boolean };

function Hits({ of, more }: { of: Schemas["SearchList"][]; more: More }) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const found = useMemo(() => byPath(of.flatMap((page) => page.items)), [of]);
  const lines = found.flatMap((it): Line[] => {
    const versions = opened.has(it.path) && it.versions.length > 1 ? it.versions.map((hit) => ({ found: it, hit, isVersion: true })) : [];
    return it.versions[0] ? [{ found: it, hit: it.versions[0], isVersion: false }, ...versions] : [];
  });
  const turn = (path: string) => setOpened((before) => (before.has(path) ? new Set([...before].filter((it) => it !== path)) : new Set([...before, path])));
  const searched = of[0]?.searched;
  return (
    <>
      <Text size="sm" className="quiet" mb="xs" role="status">
        {searched && words.searched(count(searched.entries), count(searched.took_ms))}{searched?.building && ` · ${words.building}`}
      </Text>
      {lines.length === 0 ? <Empty title={words.empty} hint={words.emptyHint} /> : (
        <VirtualList count={lines.length} rowHeight={46} height="calc(100dvh - 300px)" label={words.title} more={more}
          row={(at) => lines[at] && <HitRow of={lines[at]} isOpen={opened.has(lines[at].found.path)} turn={turn} />} />
      )}
    </>
  );
}

function HitRow({ of: { found, hit, isVersion }, isOpen, turn }: { of: Line; isOpen: boolean; turn: (path: string) => void }) {
  const { kind } = hit.entry;
  const isFolder = kind === "folder";
  const several = found.versions.length > 1 && !isVersion;
  const within = words.inSnapshots(isVersion ? hit.snapshots : found.snapshots, count(isVersion ? hit.snapshots : found.snapshots));
  return (
    <div className={isVersion ? "row item found version" : "row item found"} style={{ height: "100%" }}>
      <div style={{ minWidth: 0 }}>
        <div className="truncate">
          {!isVersion && <Icon of={hit.entry} />}
          <Link to={isFolder ? "/browse/$id" : "/view/$id"} params={{ id: hit.snapshot }} search={{ path: hit.path }}>{isVersion ? time(hit.entry.mtime) || words.version : hit.name}</Link>
        </div>
        <div className="truncate quiet small" title={hit.path}>{isVersion ? within : parentOf(hit.path)}</div>
      </div>
      <span className="number">{kind === "file" ? size(hit.entry.size) : strings.kinds[kind]}</span>
      <span className="number wide">{isVersion ? "" : time(hit.entry.mtime)}</span>
      <span className="wide">{isVersion ? "" : <Link to="/history" search={{ path: hit.path }}>{within}</Link>}</span>
      <span className="number">{several && <Button size="compact-xs" variant="default" aria-expanded={isOpen} onClick={() => turn(found.path)}>{isOpen ? words.hide : words.versions(count(found.versions.length))}</Button>}</span>
    </div>
  );
}
