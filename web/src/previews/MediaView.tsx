// PDF, audio and video, by what the browser brings.
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { contentAddress } from "../api/client";
import { probe } from "../api/downloads";
import { nameOf } from "../logic/paths";
import { Answer } from "../parts/states";
import { strings } from "../strings";
import { Unshown } from "./Unshown";

export function MediaView({ id, path, way }: { id: string; path: string; way: string }) {
  const [isBroken, setBroken] = useState(false);
  const address = contentAddress(id, path);
  if (isBroken) return <Unshown id={id} path={path} again={() => setBroken(false)} />;
  const about = { src: address, controls: true, preload: "metadata", "aria-label": nameOf(path), onError: () => setBroken(true) };
  if (way === "audio") return <audio {...about} style={{ width: "100%" }} />;
  if (way === "video") return <video {...about} style={{ width: "100%", maxHeight: "70vh" }} />;
  return <Pdf id={id} path={path} />;
}

/** A frame would show an error's bare answer, so it is asked first whether there is one. */
function Pdf({ id, path }: { id: string; path: string }) {
  const asked = useQuery({ queryKey: ["probe", id, path], queryFn: ({ signal }) => probe(id, path, signal).then(() => true) });
  return (
    <Answer query={asked}>
      {() => (
        <>
          <iframe className="frame panel" src={`${contentAddress(id, path)}#navpanes=0`} title={nameOf(path)} />
          <Text size="sm" mt="xs" className="quiet">{strings.preview.pdf}</Text>
        </>
      )}
    </Answer>
  );
}
