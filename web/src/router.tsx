// Which address leads to which page, and what the addresses may hold.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link } from "@tanstack/react-router";
import { Shell } from "./parts/Shell";
import { Empty, Failed } from "./parts/states";
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

const root = createRootRoute({ component: Shell, notFoundComponent: () => <Empty title={strings.errors.notFound}><Link to="/">{strings.nav.start}</Link></Empty>, errorComponent: ({ error, reset }) => <Failed error={error} retry={reset} /> });
const under = <P extends string>(path: P) => ({ getParentRoute: () => root, path }) as const;

const routes = [
  createRoute({ ...under("/"), component: Start }),
  createRoute({ ...under("/snapshots"), component: Snapshots, validateSearch: words("origin", "tag", "since", "until", "completeness", "sort") }),
  createRoute({ ...under("/browse/$id"), component: Browse, validateSearch: words("path", "sort", "order", "from") }),
  createRoute({ ...under("/view/$id"), component: lazyRouteComponent(() => import("./pages/View"), "View"), validateSearch: words("path", "as") }),
  createRoute({ ...under("/search"), component: lazyRouteComponent(() => import("./pages/Search"), "Search"), validateSearch: words("q", "snapshot", "origin", "kind", "min", "max", "since", "until") }),
  createRoute({ ...under("/history"), component: lazyRouteComponent(() => import("./pages/History"), "History"), validateSearch: words("path", "origin", "left", "right") }),
  createRoute({ ...under("/diff"), component: lazyRouteComponent(() => import("./pages/Diff"), "Diff"), validateSearch: words("from", "to", "path", "kinds") }),
  createRoute({ ...under("/ledger/$id"), component: lazyRouteComponent(() => import("./pages/Ledger"), "Ledger"), validateSearch: words("class") }),
  createRoute({ ...under("/usage/$id"), component: lazyRouteComponent(() => import("./pages/Usage"), "Usage"), validateSearch: words("path", "compare") }),
  createRoute({ ...under("/restore/$id"), component: lazyRouteComponent(() => import("./pages/Restore"), "Restore"), validateSearch: words("paths") }),
  createRoute({ ...under("/tasks"), component: lazyRouteComponent(() => import("./pages/Tasks"), "Tasks") }),
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
