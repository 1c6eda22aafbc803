// What takes the space, and what grew: a map, and the same as a table.
import { Table, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "../api/client";
import { snapshot, usage } from "../api/queries";
import { count, growth, size } from "../logic/format";
import { squares } from "../logic/squares";
import { Crumbs } from "../parts/Crumbs";
import { Heading } from "../parts/Heading";
import { SnapshotSelect } from "../parts/SnapshotSelect";
import { Which } from "../parts/Which";
import { Answer, Empty } from "../parts/states";
import { strings } from "../strings";

const words = strings.usage;
const HEIGHT = 380;

export function Usage() {
  const { id } = useParams({ from: "/usage/$id" });
  const { path = "/", compare } = useSearch({ from: "/usage/$id" });
  const navigate = useNavigate();
  const origin = useQuery(snapshot(id)).data?.origin;
  const asked = useQuery(usage(id, path, compare));
  return (
    <>
      <Heading title={words.title} about={<Which id={id} />}>
        <SnapshotSelect aria-label={words.compare} none={`${words.compare}: ${words.nobody}`} value={compare} origin={origin} isEnabled={Boolean(origin)} but={id}
          set={(compare) => void navigate({ to: "/usage/$id", params: { id }, search: { path, compare }, replace: true })} />
      </Heading>
      <Crumbs id={id} path={path} />
      <Answer query={asked}>{(answer) => (answer.items.length === 0 ? <Empty title={words.empty} /> : <Space of={answer} id={id} compare={compare} />)}</Answer>
    </>
  );
}

interface Part {
  of: Schemas["FolderUsage"];
  id: string;
  compare: string | undefined;
}

function Space({ of, id, compare }: Part) {
  return (
    <>
      <Text size="sm" className="quiet" mb="xs">{size(of.bytes)}{of.before && ` (${growth(of.bytes - of.before.bytes)})`} · {count(of.files)} {strings.columns.files.toLowerCase()}{compare && <span className="key"><span><i className="grew" />{words.keys.grew}</span> <span><i className="shrank" />{words.keys.shrank}</span> <span><i className="same" />{words.keys.same}</span></span>}</Text>
      <Map of={of} id={id} compare={compare} />
      <Rows of={of} id={id} compare={compare} />
    </>
  );
}

const grown = (item: Schemas["ChildUsage"]) => item.bytes - (item.before_bytes ?? 0);

function colour(item: Schemas["ChildUsage"], isComparing: boolean): string {
  if (!isComparing) return item.kind === "folder" ? "light-dark(#b5dde5, #1b5a67)" : "var(--same)";
  const by = grown(item);
  return by > 0 ? "var(--grew)" : by < 0 ? "var(--shrank)" : "var(--same)";
}

function Map({ of, id, compare }: Part) {
  const { ref, width } = useElementSize();
  const boxes = squares(of.items, (item) => item.bytes, width, HEIGHT);
  return (
    <div ref={ref} style={{ height: HEIGHT, marginBottom: 16 }}>
      <svg className="map" width={width} height={HEIGHT} role="group" aria-label={words.map}>
        {boxes.map(({ item, x, y, width, height }) => {
          const label = `${item.name}, ${size(item.bytes)}${compare ? `, ${growth(grown(item))}` : ""}`;
          const room = Math.floor(width / 7.5);
          const shape = (
            <>
              <title>{label}</title>
              <rect x={x} y={y} width={width} height={height} style={{ fill: colour(item, Boolean(compare)) }} />
              {room > 4 && height > 20 && <text x={x + 6} y={y + 16} fontSize={12} fill="currentColor" aria-hidden>{item.name.length > room ? `${item.name.slice(0, room - 2)}…` : item.name}</text>}
              {room > 8 && height > 38 && <text x={x + 6} y={y + 32} fontSize={11} fill="currentColor" aria-hidden>{size(item.bytes)}</text>}
            </>
          );
          return item.kind === "folder"
            ? <Link key={item.path} to="/usage/$id" params={{ id }} search={{ path: item.path, compare }} style={{ color: "inherit" }}>{shape}</Link>
            : <Link key={item.path} to="/view/$id" params={{ id }} search={{ path: item.path }} style={{ color: "inherit" }}>{shape}</Link>;
        })}
      </svg>
    </div>
  );
}

function Rows({ of, id, compare }: Part) {
  const [isByGrowth, setByGrowth] = useState(false);
  const items = isByGrowth ? [...of.items].sort((a, b) => grown(b) - grown(a)) : of.items;
  const head = strings.columns;
  return (
    <div className="panel">
      <Table verticalSpacing={4} horizontalSpacing="sm" fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{head.name}</Table.Th>
            <Table.Th className="number"><button type="button" className="plain" onClick={() => setByGrowth(false)} title={words.bySize}>{head.size}</button></Table.Th>
            <Table.Th className="number wide">{head.files}</Table.Th>
            {compare && <Table.Th className="number"><button type="button" className="plain" onClick={() => setByGrowth(true)} title={words.grew}>{head.growth}</button></Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Table.Tr key={item.path}>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                {item.kind === "folder" ? <Link to="/usage/$id" params={{ id }} search={{ path: item.path, compare }}>{item.name}</Link> : <Link to="/view/$id" params={{ id }} search={{ path: item.path }}>{item.name}</Link>}
              </Table.Td>
              <Table.Td className="number">{size(item.bytes)}</Table.Td>
              <Table.Td className="number wide">{count(item.files)}</Table.Td>
              {compare && <Table.Td className="number">{growth(grown(item))}</Table.Td>}
            </Table.Tr>
          ))}
          {of.rest.count > 0 && (
            <Table.Tr><Table.Td className="quiet">{words.rest(count(of.rest.count))}</Table.Td><Table.Td className="number">{size(of.rest.bytes)}</Table.Td><Table.Td className="wide" />{compare && <Table.Td />}</Table.Tr>
          )}
        </Table.Tbody>
      </Table>
    </div>
  );
}
