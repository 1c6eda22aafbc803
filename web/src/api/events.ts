// News of tasks as the program sends them, put where the pages look. When the line breaks, the list is asked for again.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { address, type Schemas, type Task } from "./client";
import { tasks } from "./queries";

export function useTaskEvents() {
  const client = useQueryClient();
  useEffect(() => {
    const line = new EventSource(address("/tasks/events"));
    line.addEventListener("task", (event) => {
      const task = JSON.parse((event as MessageEvent<string>).data) as Task;
      client.setQueryData<Schemas["TaskList"]>(tasks.queryKey, (before) => merge(before, task));
    });
    line.addEventListener("open", () => void client.invalidateQueries({ queryKey: tasks.queryKey }));
    return () => line.close();
  }, [client]);
}

export function merge(before: Schemas["TaskList"] | undefined, task: Task): Schemas["TaskList"] {
  const items = before?.items ?? [];
  const isKnown = items.some((it) => it.id === task.id);
  return { items: isKnown ? items.map((it) => (it.id === task.id ? task : it)) : [task, ...items] };
}
