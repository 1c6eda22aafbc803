// Paths in Larder's escaped text form, in which a slash is always a separator.

export const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1) || "/";

export const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/"))) || "/";

/** Every folder from the top down to the path itself. */
export function crumbs(path: string): { name: string; path: string }[] {
  const parts = path.split("/").filter(Boolean);
  return parts.map((name, at) => ({ name, path: `/${parts.slice(0, at + 1).join("/")}` }));
}

export const isWithin = (path: string, folder: string) =>
  folder === "/" || path === folder || path.startsWith(`${folder}/`);

export function extension(path: string): string {
  const name = nameOf(path).toLowerCase();
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1) : "";
}
