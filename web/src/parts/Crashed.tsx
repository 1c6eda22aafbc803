// A page that could not be drawn. Where the program did not answer when its script was asked for, it is tried again by itself.
import { useEffect } from "react";
import { get } from "../api/client";
import { Failed, isPassing } from "./states";

const AGAIN_MS = 4000;

export function Crashed({ error, reset }: { error: unknown; reset: () => void }) {
  const isGone = isPassing(error);
  useEffect(() => {
    if (!isGone) return;
    // Browsers keep it in mind that a script could not be had: only a fresh start asks for it anew.
    const timer = setInterval(() => void get("/session").then(() => location.reload(), () => undefined), AGAIN_MS);
    return () => clearInterval(timer);
  }, [isGone]);
  return <Failed error={error} retry={isGone ? () => location.reload() : reset} />;
}
