// Sizes, numbers and times as people read them: the one place that does this.
const number = new Intl.NumberFormat(undefined);
const decimal = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const dayOnly = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const SPANS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

export const count = (value: number) => number.format(value);

export function size(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return "";
  let [value, unit] = [Math.abs(bytes), 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  const text = unit === 0 ? number.format(value) : decimal.format(value);
  return `${bytes < 0 ? "−" : ""}${text} ${UNITS[unit]}`;
}

/** A difference of sizes, always with its sign. */
export const growth = (bytes: number) => (bytes > 0 ? `+${size(bytes)}` : size(bytes));

export const factor = (value: number) => `${decimal.format(value)} : 1`;

export function time(text: string | null | undefined): string {
  const date = parse(text);
  return date ? moment.format(date) : "";
}

/** The moment when a day begins where the reader is, or one that many days later: what a filter "to a day" has to end before. */
export function dayBegin(text: string | undefined, later = 0): string | undefined {
  if (!text || !/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const date = new Date(`${text}T00:00:00`);
  date.setDate(date.getDate() + later);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** The day alone, where there is no room for more. */
export function day(text: string | null | undefined): string {
  const date = parse(text);
  return date ? dayOnly.format(date) : "";
}

export function exactTime(text: string | null | undefined): string {
  const date = parse(text);
  return date ? exact.format(date) : "";
}

export function ago(text: string | null | undefined, now = Date.now()): string {
  const date = parse(text);
  if (!date) return "";
  const seconds = (date.getTime() - now) / 1000;
  const [unit, span] = SPANS.find(([, span]) => Math.abs(seconds) >= span) ?? ["minute", 60];
  return relative.format(Math.round(seconds / span), unit);
}

/** Permission bits as `ls` writes them. */
export function mode(bits: number | null | undefined): string {
  if (bits === null || bits === undefined) return "";
  const letters = "rwxrwxrwx";
  return [...letters].map((letter, at) => (bits & (1 << (8 - at)) ? letter : "-")).join("");
}

/** A problem's words as a sentence: programs begin them small, and leave the full stop to whoever shows them. */
export function sentence(text: string): string {
  const words = text.trim();
  if (words === "") return "";
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?:…]$/.test(words) ? "" : "."}`;
}

export const shortId = (id: string) => id.slice(0, 8);

function parse(text: string | null | undefined): Date | null {
  // Nine digits of a second are more than every engine reads.
  const date = text ? new Date(text.replace(/(\.\d{3})\d+/, "$1")) : null;
  return date && !Number.isNaN(date.getTime()) ? date : null;
}
