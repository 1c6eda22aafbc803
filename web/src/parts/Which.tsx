// Which snapshot a page is about: when it was taken, of what, and the way into it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { snapshot } from "../api/queries";
import { exactTime, shortId, time } from "../logic/format";

export function Which({ id, isLink = true }: { id: string; isLink?: boolean }) {
  const of = useQuery(snapshot(id)).data;
  const short = <span className="mono">{shortId(of?.id ?? id)}</span>;
  return (
    <>
      {of && <><span title={exactTime(of.start)}>{time(of.start)}</span> · {of.origin} · </>}
      {isLink ? <Link to="/browse/$id" params={{ id }}>{short}</Link> : short}
      {of && of.tags.length > 0 && ` · ${of.tags.join(", ")}`}
    </>
  );
}
