// The bytes of any file, a page at a time: only what is seen is read, however large the file is.
import { Button, Group, Text, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { contentAddress, getBytes } from "../api/client";
import { count } from "../logic/format";
import { hexRows, NARROW, WIDTH } from "../logic/hex";
import { Answer } from "../parts/states";
import { strings } from "../strings";
import { PHONE } from "../theme";

const LEN = 4096;
const words = strings.preview;

export function HexView({ id, path, size }: { id: string; path: string; size: number }) {
  const [start, setStart] = useState(0);
  const width = useMediaQuery(PHONE) ? NARROW : WIDTH;
  const end = Math.min(size, start + LEN);
  const asked = useQuery({
    queryKey: ["bytes", id, path, start],
    queryFn: ({ signal }) => getBytes(contentAddress(id, path), start, end, signal),
    staleTime: Infinity,
    gcTime: 60_000,
  });
  const go = (to: number) => setStart(Math.max(0, Math.min(Math.floor((size - 1) / LEN) * LEN, Math.floor(to / LEN) * LEN)));
  const jump = (text: string) => {
    const to = /^0x/i.test(text) ? Number.parseInt(text, 16) : Number(text);
    if (Number.isFinite(to)) go(to);
  };
  return (
    <>
      <Group gap="xs" mb="xs">
        <Button size="compact-xs" variant="default" disabled={start === 0} onClick={() => go(start - LEN)}>{words.previous}</Button>
        <Button size="compact-xs" variant="default" disabled={end >= size} onClick={() => go(start + LEN)}>{words.next}</Button>
        <TextInput size="xs" w={140} aria-label={words.offset} placeholder={`${words.offset} 0x…`} onChange={(event) => jump(event.currentTarget.value)} />
        <Text size="xs" className="quiet">{words.range(count(start), count(end), count(size))}</Text>
      </Group>
      <div className="panel sheet" tabIndex={0} role="region" aria-label={words.modes.hex}>
        <Answer query={asked}>{(bytes) => <pre className="code">{hexRows(bytes, start, width).join("\n")}</pre>}</Answer>
      </div>
    </>
  );
}
