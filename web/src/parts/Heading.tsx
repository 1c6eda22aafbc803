// A page's title, with what belongs beside it.
import { Group, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { strings } from "../strings";

export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${strings.product}`;
  }, [title]);
  return (
    <Group justify="space-between" mb="md" gap="sm" align="flex-end">
      <Title order={1} className="truncate" maw="100%">{title}</Title>
      <Group gap="xs">{children}</Group>
    </Group>
  );
}
