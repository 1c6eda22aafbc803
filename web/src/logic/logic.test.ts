// The pieces of logic behind the pages.
import { describe, expect, it } from "vitest";
import { merge } from "../api/events";
import type { Schemas, Task } from "../api/client";
import { dayBegin, growth, mode, sentence, size } from "./format";
import { hexRows } from "./hex";
import { modes } from "./kinds";
import { sideBySide, stacked } from "./lines";
import { crumbs, extension, isWithin, nameOf, parentOf } from "./paths";
import { extend, NOTHING, toggle } from "./selection";
import { squares } from "./squares";
import { boxHeight, goTo, HEIGHT_MAX, scrolled, START, type Spot } from "./tall";
import { byPath, chosen, versions } from "./versions";
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

describe("days", () => {
  it("begin where the reader is, and the last one counts", () => {
    const [begin, next] = [dayBegin("2026-03-01"), dayBegin("2026-03-01", 1)];
    expect(begin).toBe(new Date(2026, 2, 1).toISOString());
    expect(next).toBe(new Date(2026, 2, 2).toISOString());
    expect([dayBegin(undefined), dayBegin(""), dayBegin("nonsense"), dayBegin("2026-13-40")]).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("words of the program", () => {
  it("become sentences", () => {
    expect([sentence("not found"), sentence("It is."), sentence("what?"), sentence(" ")]).toEqual(["Not found.", "It is.", "What?", ""]);
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

describe("lists of any height", () => {
  const view = 600;
  it("stand still where they are told to, at both ends and between", () => {
    for (const all of [0, 500, 3000, HEIGHT_MAX, HEIGHT_MAX + 1, 32_000_000, 3_200_000_000]) {
      for (const share of [0, 0.1, 0.3337, 0.9, 1]) {
        const real = Math.floor(share * Math.max(0, all - view));
        const spot = goTo(real, all, view);
        expect(spot.top + spot.offset, `${all} ${share}`).toBeCloseTo(real, 3);
        expect(spot.top >= 0 && spot.top <= Math.max(0, boxHeight(all) - view), `${all} ${share} ${spot.top}`).toBe(true);
      }
    }
  });
  it("move pixel by pixel in small steps, without leaving any row out", () => {
    const all = 320_000_000;
    let spot = goTo(159_000_000, all, view);
    for (let step = 0; step < 5000; step++) {
      const before = spot.top + spot.offset;
      spot = scrolled(spot, spot.top + 120, all, view);
      expect(spot.top + spot.offset).toBeCloseTo(before + 120, 3);
    }
  });
  it("leap in proportion, to the very end and back", () => {
    const all = 320_000_000;
    const end = HEIGHT_MAX - view;
    const leap = (top: number, from: Spot = START) => {
      const spot = scrolled(from, top, all, view);
      return spot.top + spot.offset;
    };
    expect(leap(end)).toBe(all - view);
    expect(leap(end / 2) / all).toBeCloseTo(0.5, 1);
    expect(leap(0, goTo(all, all, view))).toBe(0);
  });
});

describe("versions", () => {
  const row = (time: number, state: Schemas["HistoryRow"]["state"], origin = "a") =>
    ({ snapshot: `${origin}${time}`, time: String(time), origin, state, entry: ["absent", "removed", "damaged"].includes(state) ? null : {} }) as Schemas["HistoryRow"];
  it("are told once, with the snapshots that hold them", () => {
    const rows = [row(9, "absent"), row(8, "removed"), row(7, "same"), row(6, "same"), row(5, "changed"), row(4, "added"), row(3, "absent")];
    const all = versions(rows, false);
    expect(all.map((it) => [it.state, it.row.snapshot, it.oldest.snapshot, it.snapshots])).toEqual([["removed", "a9", "a8", 2], ["changed", "a7", "a5", 3], ["added", "a4", "a4", 1]]);
    expect(chosen(all, rows)).toEqual({ after: rows[2], before: rows[5] });
    expect(chosen(all, rows, "a5", "a6")).toEqual({ before: rows[4], after: rows[3] });
  });
  it("of several origins do not mix, and damage is its own", () => {
    const rows = [row(9, "same"), row(8, "same", "b"), row(7, "damaged"), row(6, "added", "b"), row(5, "added")];
    expect(versions(rows, false).map((it) => `${it.row.origin} ${it.state} ${it.snapshots}`)).toEqual(["a same 1", "b added 2", "a damaged 1", "a added 1"]);
  });
  it("leave out what has never had the path", () => {
    const rows = [row(9, "absent"), row(8, "same", "b"), row(7, "absent"), row(6, "added", "b")];
    expect(versions(rows, false).map((it) => it.row.snapshot)).toEqual(["b8"]);
    expect(versions([row(9, "absent"), row(8, "absent")], true)).toEqual([]);
  });
  it("are open while there may be more of them", () => {
    const rows = [row(9, "same"), row(8, "same")];
    expect(versions(rows, true)[0]?.isOpen).toBe(true);
    expect(chosen(versions(rows, true), rows).before).toBeUndefined();
    expect(versions(rows, false)[0]?.isOpen).toBe(false);
  });
  it("of a path that was found stand together", () => {
    const hit = (path: string, snapshots: number) => ({ path, snapshots }) as Schemas["Hit"];
    const found = byPath([hit("/a", 3), hit("/b", 1), hit("/a", 2)]);
    expect(found.map((it) => [it.path, it.versions.length, it.snapshots])).toEqual([["/a", 2, 5], ["/b", 1, 1]]);
  });
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
  it("stand below each other where there is no room", () => {
    const rows = stacked(sideBySide("a\nb\nc\n", "a\nB\nb2\nc\n") ?? []);
    expect(rows.map((row) => [row.left?.text, row.right?.text])).toEqual([["a", "a"], ["b", undefined], [undefined, "B"], [undefined, "b2"], ["c", "c"]]);
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
