// One path through all snapshots, and two of its versions side by side.
import { Button, Group, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { Schemas } from "../api/client";
import { history } from "../api/queries";
import { exactTime, shortId, size, time } from "../logic/format";
import { modes } from "../logic/kinds";
import { nameOf } from "../logic/paths";
import { ImageDiff } from "../previews/ImageDiff";
import { TextDiff } from "../previews/TextDiff";
import { Heading } from "../parts/Heading";
import { Label } from "../parts/State";
import { Answer, Empty } from "../parts/states";
import { VirtualList } from "../parts/VirtualList";
import { strings } from "../strings";

const words = strings.history;
const COLOURS = { same: "gray", changed: "yellow", added: "green", removed: "red", absent: "gray", damaged: "red" } as const;

export function History() {
  const { path = "/", origin, left, right } = useSearch({ from: "/history" });
  const navigate = useNavigate({ from: "/history" });
  const asked = useInfiniteQuery(history({ path, origin }));
  const choose = (change: { left?: string; right?: string }) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <>
      <Heading title={`${words.title}: ${nameOf(path)}`} />
      <Text className="quiet" size="sm" mb="sm" style={{ overflowWrap: "anywhere" }}>{path}</Text>
      <Answer query={asked}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items) as Schemas["HistoryRow"][];
          if (rows.every((row) => row.state === "absent")) return <Empty title={words.empty} />;
          const { before, after } = versions(rows, left, right);
          return (
            <>
              <VirtualList count={rows.length} rowHeight={38} height="36dvh" label={words.title}
                more={{ has: asked.hasNextPage, busy: asked.isFetchingNextPage, load: () => void asked.fetchNextPage() }}
                row={(at) => rows[at] && <Row of={rows[at]} path={path} left={before?.snapshot} right={after?.snapshot} choose={choose} />} />
              <Comparison path={path} before={before} after={after} />
            </>
          );
        }}
      </Answer>
    </>
  );
}

type Version = Schemas["HistoryRow"];

/** The versions that were chosen, else the newest one and the one before it was changed. */
export function versions(rows: Version[], left?: string, right?: string): { before?: Version; after?: Version } {
  const there = rows.filter((row) => row.entry);
  const after = there.find((row) => row.snapshot === right) ?? there[0];
  const from = after ? there.indexOf(after) : 0;
  const turn = there.findIndex((row, at) => at >= from && row.state === "changed");
  const before = there.find((row) => row.snapshot === left) ?? (turn < 0 ? undefined : there[turn + 1]);
  return { ...(before && { before }), ...(after && { after }) };
}

function Row({ of, path, left, right, choose }: { of: Version; path: string; left?: string | undefined; right?: string | undefined; choose: (change: { left?: string; right?: string }) => void }) {
  const pick = (side: "left" | "right", chosen: string | undefined, label: string) => (
    <Button size="compact-xs" variant={chosen === of.snapshot ? "filled" : "default"} disabled={!of.entry} aria-pressed={chosen === of.snapshot} onClick={() => choose({ [side]: of.snapshot })}>{label}</Button>
  );
  const isFolder = of.entry?.kind === "folder";
  return (
    <div className="row item past" style={{ height: "100%" }}>
      <span title={exactTime(of.time)} className="truncate">
        {of.entry ? <Link to={isFolder ? "/browse/$id" : "/view/$id"} params={{ id: of.snapshot }} search={{ path }}>{time(of.time)}</Link> : time(of.time)}
      </span>
      <Label colour={COLOURS[of.state]}>{words.states[of.state]}</Label>
      <span className="number wide">{of.entry && !isFolder ? size(of.entry.size) : ""}</span>
      <span className="mono quiet wide">{shortId(of.snapshot)}</span>
      <Group gap={4} wrap="nowrap" justify="flex-end">{pick("left", left, words.left)}{pick("right", right, words.right)}</Group>
    </div>
  );
}

function Comparison({ path, before, after }: { path: string; before?: Version | undefined; after?: Version | undefined }) {
  if (!before || !after || before === after || before.entry?.kind !== "file" || after.entry?.kind !== "file") return <Text mt="md" className="quiet">{words.hint}</Text>;
  const ways = modes(path, after.entry.media_type);
  return (
    <section style={{ marginTop: 16 }}>
      <Title order={2} mb="xs">{time(before.time)} → {time(after.time)}</Title>
      {ways[0] === "image" && <ImageDiff path={path} left={before.snapshot} right={after.snapshot} />}
      {ways.includes("text") && <TextDiff path={path} left={before.snapshot} right={after.snapshot} />}
      {ways[0] !== "image" && !ways.includes("text") && <Text className="quiet">{words.tooLarge}</Text>}
    </section>
  );
}
