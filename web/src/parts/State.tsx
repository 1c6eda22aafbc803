// How much of its source a snapshot holds, in a word and a colour.
import { Badge } from "@mantine/core";
import type { Schemas } from "../api/client";
import { strings } from "../strings";

export function State({ of }: { of: Schemas["Completeness"] }) {
  const colour = { complete: "green", "items-missing": "yellow", partial: "orange" }[of];
  return <Label colour={colour}>{strings.completeness[of]}</Label>;
}

/** Words in colours that can be read on both grounds. */
export function Label({ colour, children }: { colour: string; children: string }) {
  const dark = colour === "gray" ? "#3a4046" : `color-mix(in srgb, var(--mantine-color-${colour}-9) 45%, #181b1e)`;
  const shade = { backgroundColor: `light-dark(var(--mantine-color-${colour}-1), ${dark})`, color: "light-dark(#1c2024, #fff)" };
  return <Badge variant="light" radius="sm" tt="none" fw={500} style={shade}>{children}</Badge>;
}
