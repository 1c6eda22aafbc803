// Where one is in a snapshot, and the way up.
import { Link } from "@tanstack/react-router";
import { crumbs } from "../logic/paths";
import { strings } from "../strings";

export function Crumbs({ id, path, isFile = false }: { id: string; path: string; isFile?: boolean }) {
  const parts = crumbs(path);
  return (
    <nav className="crumbs" aria-label={strings.browse.where}>
      <Link to="/browse/$id" params={{ id }} search={{ path: "/" }}>{strings.browse.top}</Link>
      {parts.map((part, at) => (
        <span key={part.path}>
          <span className="quiet" aria-hidden> / </span>
          {at === parts.length - 1 && isFile ? <b>{part.name}</b> : <Link to="/browse/$id" params={{ id }} search={{ path: part.path }}>{part.name}</Link>}
        </span>
      ))}
    </nav>
  );
}
