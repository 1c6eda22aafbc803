// Something to know: calm ground, and an edge whose colour says how much it matters. Its words say it too.
import type { ReactNode } from "react";
import { sentence } from "../logic/format";

export type Weight = "good" | "note" | "attention" | "trouble";

interface Props {
  weight: Weight;
  title?: string | undefined;
  children?: ReactNode;
  /** Read out at once. */
  isAlert?: boolean;
}

export function Notice({ weight, title, children, isAlert = false }: Props) {
  return (
    <div className={`notice ${weight}`} role={isAlert ? "alert" : undefined}>
      {title && <div className="title">{title}</div>}
      {children}
    </div>
  );
}

/** A sentence of the program's, with what can be typed as such. */
export function Said({ text }: { text: string }) {
  const parts = sentence(text).split("`");
  return <>{parts.map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}</>;
}
