// Text with colours where it is short enough for them, else only the lines that are seen.
import { Checkbox, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { text } from "../api/queries";
import { count, size } from "../logic/format";
import { Notice } from "../parts/Notice";
import { Answer } from "../parts/states";
import { VirtualList } from "../parts/VirtualList";
import { extension } from "../logic/paths";
import { strings } from "../strings";

const COLOURED_MAX = 300_000;

export function TextView({ id, path }: { id: string; path: string }) {
  const asked = useQuery(text(id, path));
  return (
    <Answer query={asked}>
      {(answer) =>
        answer.binary ? <Notice weight="note">{strings.preview.binary}</Notice> : (
          <>
            {answer.truncated && <Notice weight="attention">{strings.preview.truncated(count(answer.lines), size(answer.size))}</Notice>}
            {answer.text.length <= COLOURED_MAX ? <Coloured text={answer.text} end={extension(path)} /> : <Lines text={answer.text} />}
          </>
        )
      }
    </Answer>
  );
}

function Coloured({ text, end }: { text: string; end: string }) {
  const [html, setHtml] = useState<string | null>(null);
  const [isWrapped, setWrapped] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    // Without the highlighter it is a text all the same.
    import("./colours").then(({ coloured }) => isCurrent && setHtml(coloured(text, end)), () => undefined);
    return () => void (isCurrent = false);
  }, [text, end]);
  // The highlighter escapes the text itself; what it returns holds nothing but spans.
  const content = html === null ? { children: text } : { dangerouslySetInnerHTML: { __html: html } };
  return (
    <>
      <Group justify="space-between" mb={4}>
        <Text size="xs" className="quiet">{strings.preview.lines(count(lineCount(text)))}</Text>
        <Checkbox size="xs" label={strings.preview.wrap} checked={isWrapped} onChange={(event) => setWrapped(event.currentTarget.checked)} />
      </Group>
      <div className="panel sheet" tabIndex={0} role="region" aria-label={strings.preview.modes.text}><pre className={isWrapped ? "code wrapped" : "code"} {...content} /></div>
    </>
  );
}

const lineCount = (text: string) => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

function Lines({ text }: { text: string }) {
  const lines = useMemo(() => text.split("\n"), [text]);
  return <VirtualList count={lines.length} rowHeight={20} height="calc(100dvh - 300px)" label={strings.preview.modes.text}
    row={(at) => <div className="mono" style={{ whiteSpace: "pre", fontSize: 13, paddingLeft: 12 }}>{lines[at]?.slice(0, 2000)}</div>} />;
}
