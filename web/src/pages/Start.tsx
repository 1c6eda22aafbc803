// The store at a glance: how much, how well, how lately, and whether all is good.
import { List, Progress, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "../api/client";
import { store } from "../api/queries";
import { ago, count, exactTime, factor, size } from "../logic/format";
import { Heading } from "../parts/Heading";
import { Notice, Said } from "../parts/Notice";
import { State } from "../parts/State";
import { Answer, Empty } from "../parts/states";
import { strings } from "../strings";

const words = strings.start;

export function Start() {
  const asked = useQuery({ ...store, refetchInterval: 30_000 });
  return (
    <>
      <Heading title={words.title} />
      <Answer query={asked}>
        {(summary) => (summary.totals.snapshots === 0 ? <Empty title={words.empty} hint={words.emptyHint} /> : <Glance of={summary} />)}
      </Answer>
    </>
  );
}

function Glance({ of: { totals, health, origins } }: { of: Schemas["StoreSummary"] }) {
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
        <Figure label={words.snapshots} value={count(totals.snapshots)} about={ago(totals.last)} />
        <Figure label={words.source} value={size(totals.source_bytes)} about={words.sourceAbout} />
        <Figure label={words.stored} value={size(totals.stored_bytes)} about={words.storedAbout} />
        <Figure label={words.ratio} value={totals.ratio ? factor(totals.ratio) : "–"} about={words.ratioAbout} />
      </SimpleGrid>
      <HealthBox of={health} />
      <section>
        <Title order={2} mb="xs">{words.origins}</Title>
        <div className="panel"><Origins of={origins} /></div>
      </section>
      <Parts of={totals} />
    </Stack>
  );
}

function Figure({ label, value, about }: { label: string; value: string; about: string }) {
  return (
    <div className="panel" style={{ padding: "12px 14px" }}>
      <Text size="sm" className="quiet">{label}</Text>
      <Text fz={24} fw={600} style={{ fontVariantNumeric: "tabular-nums" }}>{value}</Text>
      <Text size="xs" className="quiet">{about}</Text>
    </div>
  );
}

function HealthBox({ of }: { of: Schemas["Health"] }) {
  const weight = ({ good: "good", attention: "attention", damaged: "trouble", unknown: "note" } as const)[of.state];
  const checked = of.last_check ? words.lastCheck(ago(of.last_check.time), of.last_check.level) : words.neverChecked;
  const rows = [checked, ...of.notes.filter((note) => of.last_check || !note.includes("never checked"))];
  return (
    <Notice weight={weight} title={`${words.health.title}: ${words.health[of.state]}`}>
      <List size="sm" spacing={2}>{rows.map((row) => <List.Item key={row}><Said text={row} /></List.Item>)}</List>
    </Notice>
  );
}

function Origins({ of }: { of: Schemas["OriginSummary"][] }) {
  const head = strings.columns;
  return (
    <div style={{ overflowX: "auto" }}>
      <Table verticalSpacing={6} horizontalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{head.origin}</Table.Th><Table.Th style={{ whiteSpace: "nowrap" }}>{head.time}</Table.Th><Table.Th>{head.state}</Table.Th>
            <Table.Th className="number wide">{head.files}</Table.Th><Table.Th className="number wide">{head.size}</Table.Th><Table.Th className="number wide">{head.snapshots}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {of.map((origin) => (
            <Table.Tr key={origin.origin}>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                <Link to="/browse/$id" params={{ id: origin.last_snapshot }}>{origin.origin}</Link>
              </Table.Td>
              <Table.Td title={exactTime(origin.last_time)}>{ago(origin.last_time)}</Table.Td>
              <Table.Td><State of={origin.completeness} /></Table.Td>
              <Table.Td className="number wide">{count(origin.files)}</Table.Td>
              <Table.Td className="number wide">{size(origin.bytes)}</Table.Td>
              <Table.Td className="number wide">
                <Link to="/snapshots" search={{ origin: origin.origin }}>{count(origin.snapshots)}</Link>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Parts({ of }: { of: Schemas["StoreTotals"] }) {
  const all = Math.max(1, of.content_bytes + of.metadata_bytes + of.other_bytes);
  const parts = [
    [words.content, of.content_bytes, "accent.7"],
    [words.metadata, of.metadata_bytes, "accent.4"],
    [words.other, of.other_bytes, "gray.5"],
  ] as const;
  return (
    <section>
      <Title order={2} mb="xs">{words.parts}</Title>
      <Progress.Root size="lg" mb="xs">
        {parts.map(([name, bytes, colour]) => <Progress.Section key={name} value={(100 * bytes) / all} color={colour} aria-label={name} />)}
      </Progress.Root>
      <Text size="sm" className="quiet">{parts.map(([name, bytes]) => `${name} ${size(bytes)}`).join(" · ")}</Text>
    </section>
  );
}
