// How a file can be shown, by its type and name. Hex is always possible.
import { extension } from "./paths";

export type Mode = "text" | "image" | "pdf" | "audio" | "video" | "rendered" | "hex";

const RENDERED = new Set(["md", "markdown", "html", "htm", "xhtml"]);

export function modes(path: string, mediaType: string | null | undefined): Mode[] {
  const type = mediaType ?? "";
  const end = extension(path);
  if (RENDERED.has(end)) return ["rendered", "text", "hex"];
  if (type === "image/svg+xml" || end === "svg") return ["image", "text", "hex"];
  if (type.startsWith("image/")) return ["image", "hex"];
  if (type === "application/pdf") return ["pdf", "hex"];
  if (type.startsWith("audio/")) return ["audio", "hex"];
  if (type.startsWith("video/")) return ["video", "hex"];
  if (/^application\/(zip|gzip|x-|vnd|octet|wasm)/.test(type)) return ["hex", "text"];
  return ["text", "hex"];
}
