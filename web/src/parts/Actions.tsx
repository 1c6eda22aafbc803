// What can be done with files and folders of a snapshot: get them, one as it is or several as an archive, and restore them.
import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { download } from "../api/downloads";
import { store } from "../api/queries";
import { handOver } from "../logic/handover";
import { strings } from "../strings";
import { Failed } from "./states";

const words = strings.browse;
type Way = "file" | "zip" | "tar.zst";

interface Props {
  id: string;
  paths: string[];
  disabled?: boolean;
  /** They are one file, which needs no archive. */
  isFile?: boolean;
}

export function Actions({ id, paths, disabled = false, isFile = false }: Props) {
  const navigate = useNavigate();
  // Where it is off, the page behind says how to turn it on; it is not the first thing to do then.
  const mayRestore = useQuery(store).data?.allow_restore ?? false;
  const getting = useMutation({ mutationFn: (way: Way) => download(id, paths, way === "file" ? undefined : way) });
  const restore = () => {
    handOver(id, paths);
    void navigate({ to: "/restore/$id", params: { id }, search: {} });
  };
  const get = (way: Way, label: string, title?: string) => (
    <Button size="xs" variant="default" title={title} disabled={disabled} loading={getting.isPending && getting.variables === way} onClick={() => getting.mutate(way)}>{label}</Button>
  );
  return (
    <>
      {isFile ? get("file", words.download) : <Button.Group>{get("zip", words.zip, words.zipAbout)}{get("tar.zst", words.tar, words.tarAbout)}</Button.Group>}
      <Button size="xs" variant={mayRestore ? "filled" : "default"} disabled={disabled} onClick={restore}>{words.restore}</Button>
      {getting.error && <div style={{ flexBasis: "100%" }}><Failed error={getting.error} /></div>}
    </>
  );
}
