// Two versions of an image: beside each other, or one over the other with an edge that can be moved.
import { SegmentedControl, Slider } from "@mantine/core";
import { useState } from "react";
import { strings } from "../strings";
import { Failed } from "../parts/states";
import { useImage } from "./ImageView";

const words = strings.history;

export function ImageDiff({ path, left, right }: { path: string; left: string; right: string }) {
  const [way, setWay] = useState("beside");
  const [share, setShare] = useState(50);
  const [before, after] = [useImage(left, path), useImage(right, path)];
  const picture = ({ address, error }: ReturnType<typeof useImage>, label: string, style = {}) => error ? <Failed error={error} /> : address && <img src={address} alt={label} style={{ maxWidth: "100%", maxHeight: "60vh", ...style }} />;
  return (
    <div style={{ marginBottom: 12 }}>
      <SegmentedControl size="xs" mb="xs" value={way} onChange={setWay} data={[{ value: "beside", label: words.sideBySide }, { value: "swipe", label: words.swipe }]} />
      {way === "beside" ? (
        <div className="halves">
          <figure className="panel">{picture(before, words.left)}<figcaption>{words.left}</figcaption></figure>
          <figure className="panel">{picture(after, words.right)}<figcaption>{words.right}</figcaption></figure>
        </div>
      ) : (
        <>
          <Slider value={share} onChange={setShare} mb="sm" label={null} thumbLabel={words.swipeAbout} />
          <div className="panel pixels" style={{ position: "relative", display: "inline-block" }}>
            {picture(before, words.left, { display: "block" })}
            {picture(after, words.right, { position: "absolute", inset: 0, clipPath: `inset(0 0 0 ${100 - share}%)` })}
          </div>
        </>
      )}
    </div>
  );
}
