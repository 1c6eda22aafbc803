// Which address leads to which page, and what the addresses may hold.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Shell } from "./parts/Shell";
import { Crashed } from "./parts/Crashed";
import { Empty } from "./parts/states";
import { Failure } from "./api/client";
import { Browse } from "./pages/Browse";
import { Snapshots } from "./pages/Snapshots";
import { Start } from "./pages/Start";
import { strings } from "./strings";

type Words<K extends string> = { [key in K]?: string | undefined };

/** Only the named words of an address count, and only as text. */
const words = <K extends string>(...names: K[]) => (search: Record<string, unknown>): Words<K> => {
  const found: Words<K> = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === "string" || typeof value === "number") found[name] = String(value);
  }
  return found;
};

/** Pages that the first one does without. */
const LATE = {
  View: () => import("./pages/View"),
  Search: () => import("./pages/Search"),
  History: () => import("./pages/History"),
  Diff: () => import("./pages/Diff"),
  Ledger: () => import("./pages/Ledger"),
  Usage: () => import("./pages/Usage"),
  Restore: () => import("./pages/Restore"),
  Tasks: () => import("./pages/Tasks"),
};

function late(name: keyof typeof LATE) {
  const load = () =>
    LATE[name]().catch(() => {
      throw new Failure(0, strings.errors.gone, strings.errors.goneDetail, strings.errors.goneHint, "unreachable");
    });
  return lazyRouteComponent(load as () => Promise<Record<string, () => ReactNode>>, name);
}

/** Reads the other pages once there is nothing else to do: then they are there even while the program is not. */
export const readAhead = () => void Promise.allSettled(Object.values(LATE).map((load) => load()));

const root = createRootRoute({ component: Shell, notFoundComponent: () => <Empty title={strings.errors.notFound}><Link to="/">{strings.nav.start}</Link></Empty>, errorComponent: ({ error, reset }) => <Crashed error={error} reset={reset} /> });
const under = <P extends string>(path: P) => ({ getParentRoute: () => root, path }) as const;

const routes = [
  createRoute({ ...under("/"), component: Start }),
  createRoute({ ...under("/snapshots"), component: Snapshots, validateSearch: words("origin", "tag", "since", "until", "completeness", "sort") }),
  createRoute({ ...under("/browse/$id"), component: Browse, validateSearch: words("path", "sort", "order", "from") }),
  createRoute({ ...under("/view/$id"), component: late("View"), validateSearch: words("path", "as") }),
  createRoute({ ...under("/search"), component: late("Search"), validateSearch: words("q", "snapshot", "origin", "kind", "min", "max", "since", "until") }),
  createRoute({ ...under("/history"), component: late("History"), validateSearch: words("path", "origin", "left", "right") }),
  createRoute({ ...under("/diff"), component: late("Diff"), validateSearch: words("from", "to", "path", "kinds") }),
  createRoute({ ...under("/ledger/$id"), component: late("Ledger"), validateSearch: words("class") }),
  createRoute({ ...under("/usage/$id"), component: late("Usage"), validateSearch: words("path", "compare") }),
  createRoute({ ...under("/restore/$id"), component: late("Restore"), validateSearch: words("paths") }),
  createRoute({ ...under("/tasks"), component: late("Tasks") }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: false,
  // Words stay words: a path or an id that looks like a number is none.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
    const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return text ? `?${text}` : "";
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
