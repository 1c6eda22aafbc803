// Instead of what the browser could not show: why, as far as the program knows. A browser says nothing about what it was answered.
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { examine } from "../api/downloads";
import { Notice } from "../parts/Notice";
import { Failed, Loading } from "../parts/states";
import { strings } from "../strings";

/** `again` is called when what was in the way has passed. */
export function Unshown({ id, path, again }: { id: string; path: string; again: () => void }) {
  const asked = useQuery({ queryKey: ["examine", id, path], queryFn: ({ signal }) => examine(id, path, signal).then(() => "whole"), gcTime: 0, staleTime: 0 });
  const hasPassed = asked.isSuccess && asked.errorUpdateCount > 0;
  useEffect(() => {
    if (hasPassed) again();
  }, [hasPassed, again]);
  if (asked.error) return <Failed error={asked.error} retry={() => void asked.refetch()} />;
  if (asked.isPending) return <Loading />;
  return <Notice weight="trouble" isAlert>{strings.preview.failed}</Notice>;
}
