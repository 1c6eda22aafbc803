// Where one is in a snapshot, and the way up.
import { Breadcrumbs, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { crumbs } from "../logic/paths";
import { strings } from "../strings";

export function Crumbs({ id, path, isFile = false }: { id: string; path: string; isFile?: boolean }) {
  const parts = crumbs(path);
  return (
    <Breadcrumbs separatorMargin={5} mb="xs" style={{ flexWrap: "wrap" }}>
      <Link to="/browse/$id" params={{ id }} search={{ path: "/" }}>{strings.browse.top}</Link>
      {parts.map((part, at) =>
        at === parts.length - 1 && isFile ? (
          <Text key={part.path} fw={600} style={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>{part.name}</Text>
        ) : (
          <Link key={part.path} to="/browse/$id" params={{ id }} search={{ path: part.path }} style={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>{part.name}</Link>
        ),
      )}
    </Breadcrumbs>
  );
}
