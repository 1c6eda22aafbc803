// Bytes as rows of a hex dump.
export const WIDTH = 16;

export function hexRows(bytes: Uint8Array, start: number): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += WIDTH) {
    const part = [...bytes.subarray(at, at + WIDTH)];
    const digits = part.map((byte) => byte.toString(16).padStart(2, "0"));
    const left = digits.slice(0, 8).join(" ").padEnd(23);
    const right = digits.slice(8).join(" ").padEnd(23);
    const letters = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "."));
    rows.push(`${(start + at).toString(16).padStart(8, "0")}  ${left}  ${right}  ${letters.join("")}`);
  }
  return rows;
}
