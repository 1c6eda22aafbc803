// Two versions of a text, line beside line.
import { Alert, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Schemas } from "../api/client";
import { text } from "../api/queries";
import { sideBySide, type Line } from "../logic/lines";
import { Answer } from "../parts/states";
import { VirtualList } from "../parts/VirtualList";
import { strings } from "../strings";

const words = strings.history;

export function TextDiff({ path, left, right }: { path: string; left: string; right: string }) {
  const before = useQuery(text(left, path));
  const after = useQuery(text(right, path));
  return <Answer query={before}>{(before) => <Answer query={after}>{(after) => <Lines before={before} after={after} />}</Answer>}</Answer>;
}

function Lines({ before, after }: { before: Schemas["Text"]; after: Schemas["Text"] }) {
  const isText = !before.binary && !after.binary && !before.truncated && !after.truncated;
  const rows = useMemo(() => (isText ? sideBySide(before.text, after.text) : null), [isText, before.text, after.text]);
  if (!rows) return <Alert color="gray">{words.tooLarge}</Alert>;
  if (before.text === after.text) return <Text className="quiet">{words.identical}</Text>;
  return <VirtualList count={rows.length} rowHeight={20} height="60dvh" label={words.compare} row={(at) => rows[at] && <Row of={rows[at]} />} />;
}

function Row({ of }: { of: Line }) {
  const half = (side: Line["left"], name: string) => (
    <div className={`mono ${of.isSame ? "" : side ? name : "quiet"}`} style={{ display: "flex", minWidth: 0, fontSize: 13 }}>
      <span className="quiet number" style={{ width: 48, flex: "none", paddingRight: 8 }}>{side?.number}</span>
      <span className="truncate" style={{ whiteSpace: "pre" }} title={side?.text}>{side?.text}</span>
    </div>
  );
  return <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", height: 20, lineHeight: "20px", overflow: "hidden" }}>{half(of.left, "del")}{half(of.right, "ins")}</div>;
}
