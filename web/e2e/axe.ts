// What axe finds serious on a page.
import axe from "axe-core";
import type { Page } from "@playwright/test";

export async function serious(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const result = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
  return result.violations.filter((it) => ["serious", "critical"].includes(it.impact ?? "")).map((it) => `${it.id}: ${it.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
}
