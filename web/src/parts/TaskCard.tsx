// How a task goes: its progress, its end, and what it left out.
import { Button, Group, List, Progress, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { change, Failure, type Task } from "../api/client";
import { count, size, time } from "../logic/format";
import { strings } from "../strings";
import { Label } from "./State";
import { Failed } from "./states";

const words = strings.tasks;
const COLOURS = { running: "cyan", done: "green", partial: "yellow", failed: "red", stopped: "gray" } as const;
const SKIPS_SHOWN = 20;

export function TaskCard({ of: task }: { of: Task }) {
  const client = useQueryClient();
  const stop = useMutation({ mutationFn: () => change("DELETE", `/tasks/${task.id}`), onSettled: () => client.invalidateQueries({ queryKey: ["tasks"] }) });
  const { report, problem } = task;
  const share = task.bytes_total ? (100 * task.bytes_done) / task.bytes_total : task.state === "running" ? 100 : 0;
  return (
    <section className="panel task" style={{ padding: 14, marginBottom: 10 }} aria-label={task.title}>
      <Group justify="space-between" mb={6}>
        <Text fw={600} style={{ overflowWrap: "anywhere" }}>{task.title}{task.dry_run && ` (${words.dry})`}</Text>
        <Group gap="xs">
          <Text size="sm" className="quiet">{time(task.created)}</Text>
          <Label colour={COLOURS[task.state]}>{words.states[task.state]}</Label>
          {task.state === "running" && <Button size="compact-xs" variant="default" onClick={() => stop.mutate()}>{words.stop}</Button>}
        </Group>
      </Group>
      {task.state === "running" && <Progress value={share} aria-label={task.title} mb={6} transitionDuration={0} />}
      {task.state === "running" && <Text size="sm" className="quiet">{words.progress(count(task.files_done), size(task.bytes_done))} {task.current}</Text>}
      {report && <Text size="sm">{[...(Object.keys(words.report) as (keyof typeof words.report)[]).filter((name) => report[name] > 0 || name === "written").map((name) => `${count(report[name])} ${words.report[name]}`), size(report.bytes)].join(" · ")}</Text>}
      {problem && <Failed error={new Failure(problem.status, problem.title, problem.detail, problem.hint, problem.kind)} />}
      {task.skips.length > 0 && <List size="sm" mt={6}>{task.skips.slice(0, SKIPS_SHOWN).map((skip) => <List.Item key={skip.path + skip.reason}>{skip.path}: {skip.message}</List.Item>)}</List>}
    </section>
  );
}
