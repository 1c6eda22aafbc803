// One row of a folder, and the head above them.
import { Link } from "@tanstack/react-router";
import type { MouseEvent } from "react";
import type { Entry } from "../api/client";
import { exactTime, size, time } from "../logic/format";
import { strings } from "../strings";
import { Icon } from "./Icon";


interface Row {
  id: string;
  entry: Entry | undefined;
  index: number;
  top: number;
  height: number;
  isCurrent: boolean;
  isSelected: boolean;
  onClick: (event: MouseEvent, row: number) => void;
  onOpen: (entry: Entry) => void;
  onSelect: (entry: Entry) => void;
}

export function EntryRow({ id, entry, index, top, height, isCurrent, isSelected, onClick, onOpen, onSelect }: Row) {
  const place = { position: "absolute", left: 0, right: 0, height, transform: `translateY(${top}px)` } as const;
  const names = ["row item entry", isCurrent && "current", isSelected && "selected"].filter(Boolean).join(" ");
  if (!entry) return <div className="row entry quiet" style={place} role="row" aria-rowindex={index + 2}><span role="gridcell" /><span role="gridcell">…</span></div>;
  const isFolder = entry.kind === "folder";
  return (
    <div id={`row-${index}`} className={names} style={place} role="row" aria-selected={isSelected} aria-rowindex={index + 2}
      onClick={(event) => onClick(event, index)} onDoubleClick={() => onOpen(entry)}>
      <span role="gridcell"><input type="checkbox" checked={isSelected} onChange={() => onSelect(entry)} tabIndex={-1} aria-label={strings.browse.select(entry.name)} /></span>
      <span role="gridcell" className="truncate">
        <Icon of={entry} />
        <Link to={isFolder ? "/browse/$id" : "/view/$id"} params={{ id }} search={{ path: entry.path }} tabIndex={-1} title={entry.name}>{entry.name}</Link>
        {entry.target && <span className="quiet"> → {entry.target}</span>}
      </span>
      <span role="gridcell" className="number">{isFolder ? size(entry.bytes) : entry.kind === "file" ? size(entry.size) : ""}</span>
      <span role="gridcell" className="number wide" title={exactTime(entry.mtime)}>{time(entry.mtime)}</span>
    </div>
  );
}

export function EntryHead({ sort, order, set }: { sort: string; order: string; set: (sort: string, order: string) => void }) {
  const by = (key: string, label: string, className = "") => (
    <span role="columnheader" className={className} aria-sort={sort !== key ? "none" : order === "asc" ? "ascending" : "descending"}>
      <button type="button" onClick={() => set(key, sort === key && order === "asc" ? "desc" : "asc")}>{label}{sort === key ? (order === "asc" ? " ↑" : " ↓") : ""}</button>
    </span>
  );
  const head = strings.columns;
  return (
    <div className="row head entry" role="row" aria-rowindex={1}>
      <span role="columnheader" aria-label={strings.browse.selection} />{by("name", head.name)}{by("size", head.size, "number")}{by("mtime", head.modified, "number wide")}
    </div>
  );
}
