// The pieces of logic behind the pages.
import { describe, expect, it } from "vitest";
import { merge } from "../api/events";
import type { Task } from "../api/client";
import { growth, mode, size } from "./format";
import { hexRows } from "./hex";
import { modes } from "./kinds";
import { sideBySide } from "./lines";
import { crumbs, extension, isWithin, nameOf, parentOf } from "./paths";
import { extend, NOTHING, toggle } from "./selection";
import { squares } from "./squares";
import { harmless } from "./defuse";

describe("paths", () => {
  it("are taken apart at slashes", () => {
    expect([nameOf("/a/b.txt"), nameOf("/"), parentOf("/a/b"), parentOf("/a"), parentOf("/")]).toEqual(["b.txt", "/", "/a", "/", "/"]);
    expect(crumbs("/a/b")).toEqual([{ name: "a", path: "/a" }, { name: "b", path: "/a/b" }]);
    expect([isWithin("/ab", "/a"), isWithin("/a/b", "/a"), isWithin("/x", "/")]).toEqual([false, true, true]);
    expect([extension("/a.d/x"), extension("/.profile"), extension("/A.TAR.GZ")]).toEqual(["", "", "gz"]);
  });
});

describe("figures", () => {
  it("have units, signs and letters", () => {
    expect([size(0), size(1023), size(null)]).toEqual(["0 B", "1,023 B", ""]);
    expect(size(1536)).toMatch(/^1.5 KiB$/);
    expect(growth(-2048)).toMatch(/^−2.0 KiB$/);
    expect([mode(0o755), mode(0o640), mode(null)]).toEqual(["rwxr-xr-x", "rw-r-----", ""]);
  });
});

describe("selection", () => {
  const at = (row: number) => (row === 3 ? undefined : `/${row}`);
  it("goes on from where it began, over rows that are not loaded", () => {
    const one = toggle(NOTHING, "/1", 1);
    expect([...extend(one, 4, at).paths].sort()).toEqual(["/1", "/2", "/4"]);
    expect([...extend(toggle(NOTHING, "/4", 4), 2, at).paths].sort()).toEqual(["/2", "/4"]);
    expect(toggle(one, "/1", 1).paths.size).toBe(0);
  });
});

describe("the map", () => {
  it("covers its ground in proportion, whatever the weights", () => {
    let state = 7;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    for (let round = 0; round < 50; round++) {
      const items = Array.from({ length: 1 + Math.floor(random() * 200) }, () => Math.floor(random() ** 4 * 1e9));
      const all = items.reduce((sum, it) => sum + it, 0);
      const boxes = squares(items, (it) => it, 800, 400);
      expect(boxes.length, `round ${round}`).toBe(items.filter((it) => it > 0).length);
      for (const { item, x, y, width, height } of boxes) {
        expect(width * height).toBeCloseTo((item / all) * 320_000, 3);
        expect(x >= -1e-6 && y >= -1e-6 && x + width <= 800.001 && y + height <= 400.001, `round ${round}`).toBe(true);
      }
    }
  });
  it("of nothing is nothing", () => expect(squares([0, 0], (it) => it, 10, 10)).toEqual([]));
});

describe("hex", () => {
  it("shows offsets, bytes and letters", () => {
    expect(hexRows(new Uint8Array([65, 0, 255]), 4096)).toEqual([`00001000  ${"41 00 ff".padEnd(23)}  ${"".padEnd(23)}  A..`]);
  });
});

describe("texts beside each other", () => {
  it("share rows where lines were replaced", () => {
    const rows = sideBySide("a\nb\nc\n", "a\nB\nb2\nc\n") ?? [];
    expect(rows.map((row) => [row.left?.text, row.right?.text, row.isSame])).toEqual([["a", "a", true], ["b", "B", false], [undefined, "b2", false], ["c", "c", true]]);
    expect(rows.at(-1)?.right?.number).toBe(4);
  });
});

describe("kinds", () => {
  it("never draw what could run", () => {
    expect(modes("/x.html", "text/html")[0]).toBe("rendered");
    expect(modes("/x.svg", "image/svg+xml")[0]).toBe("image");
    for (const path of ["/a", "/a.png", "/a.pdf", "/a.mp3"]) expect(modes(path, null)).toContain("hex");
  });
  it("leave no style that loads", () => {
    expect(harmless("p{color:red}")).toBe("p{color:red}");
    for (const css of ["@import 'x'", "a{b:url(x)}", "a{b:u\\72l(x)}", "</style><script>"]) expect(harmless(css)).toBe("");
  });
});

describe("tasks", () => {
  it("are put in their place", () => {
    const task = (id: string, state: Task["state"]) => ({ id, state }) as Task;
    const list = merge(merge(undefined, task("1", "running")), task("2", "running"));
    expect(merge(list, task("1", "done")).items.map((it) => it.id + it.state)).toEqual(["2running", "1done"]);
  });
});
