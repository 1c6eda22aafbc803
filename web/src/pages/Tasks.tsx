// What runs, and what has run since the program was started.
import { useQuery } from "@tanstack/react-query";
import { useTaskEvents } from "../api/events";
import { tasks } from "../api/queries";
import { Heading } from "../parts/Heading";
import { Answer, Empty } from "../parts/states";
import { TaskCard } from "../parts/TaskCard";
import { strings } from "../strings";

const words = strings.tasks;

export function Tasks() {
  useTaskEvents();
  const asked = useQuery(tasks);
  return (
    <>
      <Heading title={words.title} />
      <Answer query={asked}>
        {({ items }) => items.length === 0 ? <Empty title={words.empty} hint={words.emptyHint} /> : items.map((task) => <TaskCard key={task.id} of={task} />)}
      </Answer>
    </>
  );
}
