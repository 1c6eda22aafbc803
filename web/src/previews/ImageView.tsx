// Images, which can be made larger. An SVG is drawn as an image too, in which no script runs and nothing is loaded.
import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { contentAddress } from "../api/client";
import { text } from "../api/queries";
import { extension, nameOf } from "../logic/paths";
import { strings } from "../strings";
import { Failed } from "../parts/states";
import { Unshown } from "./Unshown";

const words = strings.preview;

/** Where an image can be had from as one. SVG files are only ever sent as downloads, so their text becomes the address. */
export function useImage(id: string, path: string): { address: string | null; error?: unknown } {
  const isSvg = extension(path) === "svg";
  const asked = useQuery({ ...text(id, path), enabled: isSvg && id !== "" });
  if (!isSvg) return { address: contentAddress(id, path) };
  return { address: asked.data ? `data:image/svg+xml;charset=utf-8,${encodeURIComponent(asked.data.text)}` : null, error: asked.error };
}

export function ImageView({ id, path }: { id: string; path: string }) {
  const { address, error } = useImage(id, path);
  const [zoom, setZoom] = useState<number | null>(null);
  const [isBroken, setBroken] = useState(false);
  if (error) return <Failed error={error} />;
  if (isBroken) return <Unshown id={id} path={path} again={() => setBroken(false)} />;
  const style = zoom === null ? { maxWidth: "100%", maxHeight: "65vh" } : { width: `${zoom}%`, maxWidth: "none" };
  return (
    <>
      <Group gap="xs" mb="xs">
        <Button size="compact-xs" variant="default" onClick={() => setZoom(Math.min(800, (zoom ?? 100) * 1.5))}>{words.zoomIn}</Button>
        <Button size="compact-xs" variant="default" onClick={() => setZoom(Math.max(10, (zoom ?? 100) / 1.5))}>{words.zoomOut}</Button>
        <Button size="compact-xs" variant="default" onClick={() => setZoom(null)}>{words.fit}</Button>
      </Group>
      <div className="panel sheet pixels" tabIndex={0} role="region" aria-label={words.modes.image} style={{ textAlign: "center" }}>
        {address && <img src={address} alt={nameOf(path)} style={style} onError={() => setBroken(true)} />}
      </div>
    </>
  );
}
