// A page's title, what it is about, and what belongs beside it.
import { Group, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { strings } from "../strings";

export function Heading({ title, about, children }: { title: string; about?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${strings.product}`;
  }, [title]);
  return (
    <Group justify="space-between" mb="sm" gap="xs" align="flex-end">
      <div style={{ minWidth: 0, maxWidth: "100%" }}>
        <Title order={1} className="truncate" title={title}>{title}</Title>
        {about && <div className="about">{about}</div>}
      </div>
      <Group gap="xs" className="beside">{children}</Group>
    </Group>
  );
}
