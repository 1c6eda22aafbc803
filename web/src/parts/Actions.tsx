// What can be done with files and folders of a snapshot: get them as an archive, restore them.
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { change, type Schemas } from "../api/client";
import { handOver } from "../logic/handover";
import { strings } from "../strings";
import { Failed } from "./states";

export function Actions({ id, paths, disabled = false, restoreOnly = false }: { id: string; paths: string[]; disabled?: boolean; restoreOnly?: boolean }) {
  const navigate = useNavigate();
  const download = useMutation({
    mutationFn: () => change<Schemas["NewDownloadAnswer"]>("POST", "/downloads", { snapshot: id, paths, format: "zip" }),
    onSuccess: (answer) => answer && save(answer.url, answer.name),
  });
  const restore = () => {
    handOver(id, paths);
    void navigate({ to: "/restore/$id", params: { id }, search: {} });
  };
  return (
    <>
      {!restoreOnly && <Button size="xs" variant="default" disabled={disabled} loading={download.isPending} onClick={() => download.mutate()}>{strings.browse.download}</Button>}
      <Button size="xs" disabled={disabled} onClick={restore}>{strings.browse.restore}</Button>
      {download.error && <Failed error={download.error} />}
    </>
  );
}

export function save(url: string, name: string) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
