// PDF, audio and video, by what the browser brings.
import { Alert, Text } from "@mantine/core";
import { useState } from "react";
import { contentAddress } from "../api/client";
import { nameOf } from "../logic/paths";
import { strings } from "../strings";

export function MediaView({ id, path, way }: { id: string; path: string; way: string }) {
  const [isBroken, setBroken] = useState(false);
  const address = contentAddress(id, path);
  if (isBroken) return <Alert color="red">{strings.preview.failed}</Alert>;
  if (way === "audio") return <audio src={address} controls style={{ width: "100%" }} onError={() => setBroken(true)} />;
  if (way === "video") return <video src={address} controls style={{ width: "100%", maxHeight: "70vh" }} onError={() => setBroken(true)} />;
  return (
    <>
      <iframe className="frame panel" src={address} title={nameOf(path)} />
      <Text size="sm" mt="xs">{strings.preview.pdf} <a href={contentAddress(id, path, true)}>{strings.browse.download}</a></Text>
    </>
  );
}
