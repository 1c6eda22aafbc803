// Two versions of an image: beside each other, or one over the other with an edge that can be moved.
import { SegmentedControl, Slider } from "@mantine/core";
import { useState } from "react";
import { strings } from "../strings";
import { useImage } from "./ImageView";

const words = strings.history;

export function ImageDiff({ path, left, right }: { path: string; left: string; right: string }) {
  const [way, setWay] = useState("beside");
  const [share, setShare] = useState(50);
  const [before, after] = [useImage(left, path), useImage(right, path)];
  const picture = (address: string | null, label: string, style = {}) => address && <img src={address} alt={label} style={{ maxWidth: "100%", maxHeight: "60vh", ...style }} />;
  return (
    <div style={{ marginBottom: 12 }}>
      <SegmentedControl size="xs" mb="xs" value={way} onChange={setWay} data={[{ value: "beside", label: words.sideBySide }, { value: "swipe", label: words.swipe }]} />
      {way === "beside" ? (
        <div className="panel pixels" style={{ display: "grid", gridTemplateColumns: "1fr 1fr", gap: 12, padding: 8 }}>{picture(before, words.left)}{picture(after, words.right)}</div>
      ) : (
        <>
          <div className="panel pixels" style={{ position: "relative", display: "inline-block" }}>
            {picture(before, words.left, { display: "block" })}
            {picture(after, words.right, { position: "absolute", inset: 0, clipPath: `inset(0 0 0 ${100 - share}%)` })}
          </div>
          <Slider value={share} onChange={setShare} mt="xs" label={null} thumbLabel={words.swipeAbout} />
        </>
      )}
    </div>
  );
}
