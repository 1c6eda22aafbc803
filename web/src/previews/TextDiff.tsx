// Two versions of a text, line beside line.
import { Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Schemas } from "../api/client";
import { text } from "../api/queries";
import { sideBySide, stacked, type Line } from "../logic/lines";
import { Notice } from "../parts/Notice";
import { Answer } from "../parts/states";
import { VirtualList } from "../parts/VirtualList";
import { strings } from "../strings";
import { PHONE } from "../theme";

const words = strings.history;

export function TextDiff({ path, left, right }: { path: string; left: string; right: string }) {
  const before = useQuery(text(left, path));
  const after = useQuery(text(right, path));
  return <Answer query={before}>{(before) => <Answer query={after}>{(after) => <Lines before={before} after={after} />}</Answer>}</Answer>;
}

function Lines({ before, after }: { before: Schemas["Text"]; after: Schemas["Text"] }) {
  const isText = !before.binary && !after.binary && !before.truncated && !after.truncated;
  const isPhone = useMediaQuery(PHONE);
  const rows = useMemo(() => (isText ? sideBySide(before.text, after.text) : null), [isText, before.text, after.text]);
  if (!rows) return <Notice weight="note">{words.tooLarge}</Notice>;
  if (before.text === after.text) return <Text className="quiet">{words.identical}</Text>;
  const shown = isPhone ? stacked(rows) : rows;
  return <VirtualList count={shown.length} rowHeight={20} height="60dvh" label={words.compare} row={(at) => shown[at] && <Row of={shown[at]} isHalf={isPhone === true} />} />;
}

function Row({ of, isHalf }: { of: Line; isHalf: boolean }) {
  const half = (side: Line["left"], name: string) => (
    <div className={`mono ${of.isSame ? "" : side ? name : "quiet"}`} style={{ display: "flex", minWidth: 0, fontSize: 13 }}>
      <span className="quiet number" style={{ width: isHalf ? 34 : 48, flex: "none", paddingRight: 8 }}>{side?.number}</span>
      <span className="truncate" style={{ whiteSpace: "pre" }} title={side?.text}>{side?.text}</span>
    </div>
  );
  if (isHalf) return <div style={{ height: 20, lineHeight: "20px", overflow: "hidden" }}>{of.left && !of.isSame ? half(of.left, "del") : half(of.right, "ins")}</div>;
  return <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", height: 20, lineHeight: "20px", overflow: "hidden" }}>{half(of.left, "del")}{half(of.right, "ins")}</div>;
}
