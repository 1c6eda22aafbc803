// Small signs for what an item is. They say nothing that the words beside them do not, so nobody is read them out.
import type { Entry } from "../api/client";
import { modes } from "../logic/kinds";

const SHAPES = {
  folder: "M1.5 4.2c0-.7.5-1.2 1.2-1.2h3.1l1.5 1.6h6c.7 0 1.2.5 1.2 1.2v6c0 .7-.5 1.2-1.2 1.2H2.7c-.7 0-1.2-.5-1.2-1.2z",
  file: "M4 1.8h5l3 3v9.4H4zM9 1.8v3h3",
  text: "M4 1.8h5l3 3v9.4H4zM9 1.8v3h3M6 8h4M6 10.5h4",
  image: "M2 3h12v10H2zM2.5 11.5l3.5-3.5 2.5 2.5 2-2 3 3M10.5 6h.01",
  sound: "M3 6v4h2.2L8.5 13V3L5.2 6zM10.8 5.8a3 3 0 0 1 0 4.4M12.6 4a5.6 5.6 0 0 1 0 8",
  video: "M2 3.5h12v9H2zM6.8 6v4l3.4-2z",
  link: "M3 13V9.5c0-1.7 1.2-3 3-3h6.5M9.5 3.5l3 3-3 3",
  other: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z",
} as const;

export function Icon({ of }: { of: Pick<Entry, "kind" | "path" | "media_type"> }) {
  const shape = shapeOf(of);
  return (
    <svg className={shape === "folder" ? "icon of-folder" : "icon"} width={16} height={16} viewBox="0 0 16 16" aria-hidden focusable={false}>
      <path d={SHAPES[shape]} />
    </svg>
  );
}

function shapeOf({ kind, path, media_type }: Pick<Entry, "kind" | "path" | "media_type">): keyof typeof SHAPES {
  if (kind === "folder") return "folder";
  if (kind === "symlink") return "link";
  if (kind !== "file") return "other";
  const way = modes(path, media_type)[0];
  if (way === "image" || way === "video") return way;
  if (way === "audio") return "sound";
  return way === "hex" || !media_type ? "file" : "text";
}
