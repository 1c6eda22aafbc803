// One file: shown as what it is, with the way to its history, and out of the store.
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { entry, snapshot } from "../api/queries";
import { modes, type Mode } from "../logic/kinds";
import { nameOf } from "../logic/paths";
import { Actions } from "../parts/Actions";
import { Crumbs } from "../parts/Crumbs";
import { Details } from "../parts/Details";
import { Heading } from "../parts/Heading";
import { Which } from "../parts/Which";
import { Answer, Empty } from "../parts/states";
import { HexView } from "../previews/HexView";
import { ImageView } from "../previews/ImageView";
import { MediaView } from "../previews/MediaView";
import { RenderedView } from "../previews/RenderedView";
import { TextView } from "../previews/TextView";
import { strings } from "../strings";

export function View() {
  const { id } = useParams({ from: "/view/$id" });
  const { path = "/", as } = useSearch({ from: "/view/$id" });
  const navigate = useNavigate();
  const asked = useQuery(entry(id, path));
  const origin = useQuery(snapshot(id)).data?.origin;
  const facts = asked.data?.entry;
  const ways = modes(path, facts?.media_type);
  const way = ways.find((it) => it === as) ?? ways[0] ?? "hex";
  return (
    <>
      <Heading title={nameOf(path)} about={<Which id={id} />}>
        <Link to="/history" search={{ path, origin }}>{strings.browse.history}</Link>
        <Actions id={id} paths={[path]} isFile={facts?.kind === "file"} disabled={!facts} />
      </Heading>
      <Crumbs id={id} path={path} isFile />
      <Answer query={asked}>
        {({ entry: { kind, size } }) =>
          kind !== "file" ? (
            <div className="panel"><Details id={id} path={path} /></div>
          ) : (
            <div className="view">
              <div style={{ minWidth: 0 }}>
                {size === 0 ? <Empty title={strings.preview.empty} /> : <>
                <SegmentedControl size="xs" mb="xs" aria-label={strings.preview.mode} value={way} data={ways.map((value) => ({ value, label: strings.preview.modes[value] }))}
                  onChange={(as) => void navigate({ to: "/view/$id", params: { id }, search: { path, as }, replace: true })} />
                <Preview key={id + path} id={id} path={path} way={way} size={size} />
                </>}
              </div>
              <aside className="panel"><Details id={id} path={path} /></aside>
            </div>
          )
        }
      </Answer>
    </>
  );
}

function Preview({ id, path, way, size }: { id: string; path: string; way: Mode; size: number }) {
  if (way === "text") return <TextView id={id} path={path} />;
  if (way === "rendered") return <RenderedView id={id} path={path} />;
  if (way === "image") return <ImageView id={id} path={path} />;
  if (way === "hex") return <HexView id={id} path={path} size={size} />;
  return <MediaView id={id} path={path} way={way} />;
}
