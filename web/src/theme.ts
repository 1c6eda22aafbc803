// One accent colour, system fonts, and dense controls.
import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** Where there is room for one column. The style sheet says the same. */
export const PHONE = "(max-width: 760px)";

const teal: MantineColorsTuple = ["#e6f6f9", "#d3ebf0", "#a8d6e0", "#79c0cf", "#52aec1", "#389fb5", "#1f8ea5", "#0b7285", "#085f70", "#044a58"];

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  colors: { accent: teal },
  defaultRadius: "sm",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  headings: { fontWeight: "600", sizes: { h1: { fontSize: "1.35rem" }, h2: { fontSize: "1.05rem" } } },
});
