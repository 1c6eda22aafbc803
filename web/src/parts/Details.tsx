// All that is known about one item.
import { Group, Table, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { entry, snapshot } from "../api/queries";
import { address, type Schemas } from "../api/client";
import { count, mode, size, time } from "../logic/format";
import { strings } from "../strings";
import { Notice } from "./Notice";
import { Answer } from "./states";

const words = strings.details;

/** Kinds of pictures that the program makes small. */
const SMALL = /^image\/(png|jpeg|gif|webp|bmp)$/;

export function Details({ id, path, isBeside = false }: { id: string; path: string; isBeside?: boolean }) {
  const asked = useQuery(entry(id, path));
  return <Answer query={asked}>{(details) => <Facts key={path} id={id} of={details} isBeside={isBeside} />}</Answer>;
}

/** Beside a list, with a small picture and what else there is about the item; else the facts alone. */
function Facts({ id, of: details, isBeside }: { id: string; of: Schemas["EntryDetails"]; isBeside: boolean }) {
  const [hasPicture, setPicture] = useState(true);
  const it = details.entry;
  const owner = it.owner && `${it.owner.user ?? it.owner.uid}:${it.owner.group ?? it.owner.gid}`;
  const isFolder = it.kind === "folder";
  const origin = useQuery({ ...snapshot(id), enabled: isBeside }).data?.origin;
  const rows: [string, string | null | undefined][] = [
    [strings.columns.kind, strings.kinds[it.kind]],
    [words.type, it.media_type],
    [words.size, isFolder ? size(it.bytes) : it.kind === "file" ? (it.size < 1024 ? size(it.size) : `${size(it.size)} (${words.bytes(count(it.size))})`) : null],
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
      {isBeside && hasPicture && SMALL.test(it.media_type ?? "") && <img className="thumb" src={address(`/snapshots/${id}/thumbnail`, { path: it.path, size: 512 })} alt="" onError={() => setPicture(false)} />}
      {isBeside && it.path !== "/" && (
        <Group gap="sm" mb={6} fz="sm">
          {!isFolder && <Link to="/view/$id" params={{ id }} search={{ path: it.path }}>{strings.browse.open}</Link>}
          <Link to="/history" search={{ path: it.path, origin }}>{strings.browse.history}</Link>
          {isFolder && <Link to="/usage/$id" params={{ id }} search={{ path: it.path }}>{strings.browse.usage}</Link>}
        </Group>
      )}
      {it.changed && <Notice weight="attention">{words.wasChanged}</Notice>}
      {it.stale && <Notice weight="attention">{words.stale}</Notice>}
      <Table verticalSpacing={3} horizontalSpacing={4} fz={13} layout="fixed">
        <Table.Tbody>
          {rows.filter(([, value]) => value).map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Td className="quiet" w={78} style={{ verticalAlign: "top" }}>{name}</Table.Td>
              <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
