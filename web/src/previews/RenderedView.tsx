// Markdown and HTML, drawn in a frame in which nothing runs, loads or leads anywhere.
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Failure } from "../api/client";
import { text } from "../api/queries";
import { defuse } from "../logic/defuse";
import { extension } from "../logic/paths";
import { Crashed } from "../parts/Crashed";
import { Answer, Loading } from "../parts/states";
import { strings } from "../strings";

const STYLE = "body{font:16px/1.5 system-ui,sans-serif;margin:24px;max-width:52rem;color:#1c2024;background:#fff}pre,code{background:#f3f4f5}pre{padding:8px;overflow:auto}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:4px 8px}";

export function RenderedView({ id, path }: { id: string; path: string }) {
  const asked = useQuery(text(id, path));
  return <Answer query={asked}>{(answer) => <Framed text={answer.text} isMarkdown={extension(path).startsWith("m")} />}</Answer>;
}

function Framed({ text, isMarkdown }: { text: string; isMarkdown: boolean }) {
  const [page, setPage] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let isCurrent = true;
    const html = isMarkdown ? import("marked").then(({ marked }) => marked.parse(text)) : Promise.resolve(text);
    html.then((html) => isCurrent && setPage(defuse(html, isMarkdown ? STYLE : "")), (error: unknown) => isCurrent && setError(error));
    return () => void (isCurrent = false);
  }, [text, isMarkdown]);
  if (error) return <Crashed error={new Failure(0, strings.errors.gone, strings.errors.goneDetail, strings.errors.goneHint, "unreachable")} reset={() => setError(null)} />;
  if (page === null) return <Loading />;
  return (
    <>
      <Text size="xs" className="quiet" mb={4}>{strings.preview.rendered}</Text>
      <iframe className="frame panel" sandbox="" srcDoc={page} title={strings.preview.frame} referrerPolicy="no-referrer" />
    </>
  );
}
