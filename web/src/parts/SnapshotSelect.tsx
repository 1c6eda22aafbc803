// One of all snapshots, the newest first. A store may have more than a list should hold, so the older ones are asked for on demand.
import { NativeSelect, type NativeSelectProps } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { snapshots } from "../api/queries";
import { shortId, time } from "../logic/format";
import { strings } from "../strings";

const MORE = "more";

interface Props extends Omit<NativeSelectProps, "data" | "value" | "onChange" | "size"> {
  value: string | undefined;
  set: (id: string | undefined) => void;
  /** What it says while none is chosen. */
  none: string;
  /** Only those of it; without it, of all. */
  origin?: string | undefined;
  isEnabled?: boolean;
  /** One that is not offered. */
  but?: string;
}

export function SnapshotSelect({ value, set, none, origin, isEnabled = true, but, ...rest }: Props) {
  const asked = useInfiniteQuery({ ...snapshots({ origin, sort: "-time" }), enabled: isEnabled });
  const all = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const data = [{ value: "", label: none }, ...all.filter((it) => it.id !== but).map((it) => ({ value: it.id, label: [time(it.start), !origin && it.origin, shortId(it.id)].filter(Boolean).join(" · ") }))];
  if (value && !all.some((it) => it.id === value)) data.push({ value, label: shortId(value) });
  if (asked.hasNextPage) data.push({ value: MORE, label: strings.snapshots.older });
  const choose = (chosen: string) => (chosen === MORE ? void asked.fetchNextPage() : set(chosen || undefined));
  return <NativeSelect {...rest} size="xs" data={data} value={value ?? ""} onChange={(event) => choose(event.currentTarget.value)} />;
}
