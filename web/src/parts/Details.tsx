// All that is known about one item.
import { Alert, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../api/client";
import { entry } from "../api/queries";
import { count, mode, size, time } from "../logic/format";
import { strings } from "../strings";
import { Answer } from "./states";

const words = strings.details;

export function Details({ id, path }: { id: string; path: string }) {
  const asked = useQuery(entry(id, path));
  return <Answer query={asked}>{(details) => <Facts of={details} />}</Answer>;
}

function Facts({ of: details }: { of: Schemas["EntryDetails"] }) {
  const it = details.entry;
  const owner = it.owner && `${it.owner.user ?? it.owner.uid}:${it.owner.group ?? it.owner.gid}`;
  const isFolder = it.kind === "folder";
  const rows: [string, string | null | undefined][] = [
    [strings.columns.kind, strings.kinds[it.kind]],
    [words.type, it.media_type],
    [words.size, isFolder ? size(it.bytes) : it.kind === "file" ? `${size(it.size)} (${words.bytes(it.size)})` : null],
    [words.files, isFolder && it.files !== null && it.files !== undefined ? count(it.files) : null],
    [words.folders, isFolder && it.folders !== null && it.folders !== undefined ? count(it.folders) : null],
    [words.modified, time(it.mtime)],
    [words.created, time(details.btime)],
    [words.changed, time(details.ctime)],
    [words.mode, mode(it.mode)],
    [words.owner, owner],
    [words.target, it.target],
    [words.attributes, details.xattrs.map((attribute) => attribute.name).join(", ")],
    [words.fingerprint, details.fingerprint],
  ];
  return (
    <div style={{ padding: 10 }}>
      <Title order={2} mb={6} style={{ overflowWrap: "anywhere" }}>{it.name || "/"}</Title>
      {it.changed && <Alert color="yellow" p="xs" mb="xs">{words.wasChanged}</Alert>}
      {it.stale && <Alert color="yellow" p="xs" mb="xs">{words.stale}</Alert>}
      <Table verticalSpacing={3} horizontalSpacing={4} fz="sm">
        <Table.Tbody>
          {rows.filter(([, value]) => value).map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Td className="quiet" style={{ verticalAlign: "top" }}>{name}</Table.Td>
              <Table.Td style={{ overflowWrap: "anywhere" }}><Text size="sm" span>{value}</Text></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
