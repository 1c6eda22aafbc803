// Puts a selection back: where to, what about what is there already, first a trial, then for good.
import { Button, Group, List, NativeSelect, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { change, type Schemas, type Task } from "../api/client";
import { useTaskEvents } from "../api/events";
import { store, tasks } from "../api/queries";
import { count } from "../logic/format";
import { takeOver } from "../logic/handover";
import { Heading } from "../parts/Heading";
import { Notice, Said } from "../parts/Notice";
import { Which } from "../parts/Which";
import { Answer, Empty, Failed } from "../parts/states";
import { TaskCard } from "../parts/TaskCard";
import { strings } from "../strings";

const words = strings.restore;
const PATHS_SHOWN = 10;

export function Restore() {
  const { id } = useParams({ from: "/restore/$id" });
  const [paths] = useState(() => takeOver(id));
  const asked = useQuery(store);
  return (
    <>
      <Heading title={words.title} about={<Which id={id} />} />
      <Answer query={asked}>
        {(summary) => {
          if (!summary.allow_restore) return <Notice weight="note" title={words.off}><Said text={words.offDetail} /></Notice>;
          if (paths.length === 0) return <Empty title={words.none} hint={words.noneHint}><Link to="/browse/$id" params={{ id }}>{strings.browse.open}</Link></Empty>;
          return <Form id={id} paths={paths} summary={summary} />;
        }}
      </Answer>
    </>
  );
}

function Form({ id, paths, summary }: { id: string; paths: string[]; summary: Schemas["StoreSummary"] }) {
  useTaskEvents();
  const [where, setWhere] = useState(summary.allow_folder ? "" : (summary.destinations[0]?.name ?? ""));
  const [folder, setFolder] = useState("");
  const [way, setWay] = useState<Schemas["Way"]>("fail");
  const start = useMutation({
    mutationFn: (isTrial: boolean) =>
      change<Task>("POST", "/restores", { snapshot: id, paths, destination: where || null, folder: folder || null, on_conflict: way, dry_run: isTrial }),
  });
  const running = useQuery({ ...tasks, refetchInterval: 3000 }).data?.items.find((task) => task.id === start.data?.id) ?? start.data;
  const places = [...(summary.allow_folder ? [{ value: "", label: words.folder }] : []), ...summary.destinations.map((it) => ({ value: it.name, label: `@${it.name} (${it.kind})` }))];
  const isReady = where !== "" || folder.startsWith("/");
  return (
    <Stack maw={760}>
      <div>
        <Text size="sm" fw={500}>{words.items}</Text>
        <List size="sm">
          {paths.slice(0, PATHS_SHOWN).map((path) => <List.Item key={path} style={{ overflowWrap: "anywhere" }}>{path}</List.Item>)}
          {paths.length > PATHS_SHOWN && <List.Item>{strings.browse.selected(count(paths.length))}</List.Item>}
        </List>
      </div>
      <NativeSelect label={words.to} data={places} value={where} onChange={(event) => setWhere(event.currentTarget.value)} />
      {where === "" ? (
        <TextInput label={words.folderLabel} description={words.folderAbout} value={folder} onChange={(event) => setFolder(event.currentTarget.value)} classNames={{ input: "mono" }} />
      ) : (
        <TextInput label={words.folderLabel} description={words.below} value={folder} onChange={(event) => setFolder(event.currentTarget.value)} classNames={{ input: "mono" }} />
      )}
      <Radio.Group label={words.conflict} value={way} onChange={(value) => setWay(value as Schemas["Way"])}>
        <Group mt={6}>{Object.entries(words.ways).map(([value, label]) => <Radio key={value} value={value} label={label} />)}</Group>
      </Radio.Group>
      <Group>
        <Button variant="default" disabled={!isReady || running?.state === "running"} onClick={() => start.mutate(true)}>{words.dry}</Button>
        <Button disabled={!isReady || running?.state === "running"} onClick={() => start.mutate(false)}>{words.go}</Button>
      </Group>
      {start.error && <Failed error={start.error} />}
      {running && <TaskCard of={running} />}
      {running?.dry_run && running.state === "done" && <Text className="quiet" size="sm" role="status">{words.tried}</Text>}
    </Stack>
  );
}
