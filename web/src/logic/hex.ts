// Bytes as rows of a hex dump.
export const WIDTH = 16;
/** On a phone. */
export const NARROW = 8;

export function hexRows(bytes: Uint8Array, start: number, width = WIDTH): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += width) {
    const part = [...bytes.subarray(at, at + width)];
    const digits = part.map((byte) => byte.toString(16).padStart(2, "0"));
    const left = digits.slice(0, 8).join(" ").padEnd(23);
    const right = digits.slice(8).join(" ").padEnd(23);
    const letters = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "."));
    const offset = (start + at).toString(16).padStart(8, "0");
    rows.push(width <= 8 ? `${offset}  ${left}  ${letters.join("")}` : `${offset}  ${left}  ${right}  ${letters.join("")}`);
  }
  return rows;
}
