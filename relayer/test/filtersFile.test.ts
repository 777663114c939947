import { mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatError } from "@herald/wire/errors";
import { type Log, silentLog } from "@herald/wire/log";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fieldsOf } from "../src/config/describeSchema.js";
import { routeFiltersSchema } from "../src/config/routeFilters.js";
import { FiltersFile } from "../src/service/filtersFile.js";
import type { Problem } from "../src/service/health.js";

const one = `0x${"11".repeat(20)}`;
const id = `0x${"ab".repeat(32)}`;
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "herald-filters-"));
  file = join(folder, "filters.json");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const write = (content: unknown): void => writeFileSync(file, JSON.stringify(content));

describe("a file of filters", () => {
  test("may hold every form of Hyperlane's lists", () => {
    const element = {
      messageId: ["*", id, id.slice(2).toUpperCase()],
      originDomain: [8453, "42161"],
      destinationDomain: "*",
      senderAddress: one,
      recipientAddress: [one, `0x${"00".repeat(12)}${one.slice(2)}`],
      bodyRegex: "^6869",
    };
    const filters = { whitelist: [element, {}], blacklist: [] };
    write(filters);
    expect(new FiltersFile(file).current).toEqual(filters);
    write({});
    expect(new FiltersFile(file).current).toEqual({});
  });

  test("is refused with every problem, its path and the expected form", () => {
    const wrong = {
      messageId: "0x12",
      originDomain: [8453, -1, 1.5, "base"],
      destinationDomain: 2 ** 32,
      senderAddress: ["*", `0x${"zz".repeat(20)}`],
      recipientAddress: [],
      bodyRegex: "(",
      senderAdress: one,
    };
    write({ whitelist: [], blacklist: [{}, wrong, { bodyRegex: 3 }], whitelst: [] });
    expect(() => new FiltersFile(file)).toThrowError();
    try {
      new FiltersFile(file);
    } catch (error) {
      expect(formatError(error).replaceAll(folder, "<folder>")).toMatchInlineSnapshot(`
        "CONFIG_INVALID  The configuration has 12 problems; nothing was started.

          file                           <folder>/filters.json
          whitelist                      expected at least one element; leave the key out to serve all that the blacklist lets through
          blacklist.1.messageId          expected a request id: 0x and 64 hex digits, or "*"
          blacklist.1.originDomain.1     expected a Hyperlane domain, from 0 to 4294967295, or "*"
          blacklist.1.originDomain.2     expected a Hyperlane domain, from 0 to 4294967295, or "*"
          blacklist.1.originDomain.3     expected a Hyperlane domain, from 0 to 4294967295, or "*"
          blacklist.1.destinationDomain  expected a Hyperlane domain, from 0 to 4294967295, or "*"
          blacklist.1.senderAddress.1    expected an address: 0x and 40 hex digits, or 64, or "*"
          blacklist.1.recipientAddress   expected at least one value; an empty list matches nothing
          blacklist.1.bodyRegex          expected a regular expression of JavaScript: Invalid regular expression: /(/: Unterminated group
          blacklist.1.senderAdress       unknown key; check its spelling
          blacklist.2.bodyRegex          expected a regular expression as text
          whitelst                       unknown key; check its spelling

        Fix: Correct each path named above."
      `);
    }
  });

  test("that is no object, no JSON or not there says so", () => {
    write([{}]);
    expect(() => new FiltersFile(file)).toThrowError(expect.objectContaining({ code: "CONFIG_INVALID" }));
    writeFileSync(file, "{");
    expect(() => new FiltersFile(file)).toThrowError(expect.objectContaining({ code: "CONFIG_UNREADABLE" }));
    rmSync(file);
    expect(() => new FiltersFile(file)).toThrowError(expect.objectContaining({ code: "CONFIG_UNREADABLE" }));
  });

  test("is judged once two looks saw the same, not half-written", () => {
    const [before, after] = [{ blacklist: [{ senderAddress: one }] }, { whitelist: [{ senderAddress: one }] }];
    write(before);
    const filters = new FiltersFile(file);
    expect(filters.look(silentLog)).toBe("same");
    writeFileSync(file, JSON.stringify(after).slice(0, 20));
    expect(filters.look(silentLog)).toBe("same");
    write(after);
    expect(filters.look(silentLog)).toBe("same");
    expect(filters.current).toEqual(before);
    expect(filters.look(silentLog)).toBe("good");
    expect(filters.current).toEqual(after);
    expect(filters.look(silentLog)).toBe("same");
    writeFileSync(file, "{");
    expect([1, 2, 3].map(() => filters.look(silentLog))).toEqual(["same", "malformed", "same"]);
    expect(filters.current).toEqual(after);
  });

  test("has a reference that names every key with its form and meaning", () => {
    const fields = fieldsOf(routeFiltersSchema);
    expect(fields.map(({ path }) => path)).toContain("blacklist[].senderAddress");
    for (const { path, form, meaning, required } of fields) {
      expect(form, path).not.toBe("a value");
      expect(meaning, path).toBeDefined();
      expect(required, path).toBe(false);
    }
  });
});

describe("a file that changes while the relayer runs", () => {
  const pollMs = 5;
  const eventually = { timeout: 30_000, interval: 5 };
  const blocking = (byte: string) => ({ blacklist: [{ senderAddress: `0x${byte.repeat(20)}` }] });
  let stop: AbortController;
  let filters: FiltersFile;
  let problems: (Problem | null)[];
  let lines: string[];
  let inForce: unknown[];
  let watching: Promise<void>;
  const log: Log = {
    ...silentLog,
    info: (message, fields) => lines.push(`info ${message} ${JSON.stringify(fields)}`),
    error: (message, fields) => lines.push(`error ${message} ${JSON.stringify(fields)}`),
  };

  beforeEach(() => {
    write(blocking("01"));
    stop = new AbortController();
    filters = new FiltersFile(file);
    problems = [];
    lines = [];
    inForce = [];
    const onFilters = async (): Promise<void> => {
      inForce.push(filters.current);
    };
    const onProblem = (problem: Problem | null): void => {
      problems.push(problem);
    };
    watching = filters.watch({ pollMs, onFilters, onProblem, log, signal: stop.signal });
  });
  afterEach(async () => {
    stop.abort();
    await watching;
  });

  test("is in force anew, and its counts are logged, also with the length and the time of before", async () => {
    const time = new Date(1_700_000_000_000);
    utimesSync(file, time, time);
    write(blocking("02"));
    utimesSync(file, time, time);
    await expect.poll(() => inForce, eventually).toEqual([blocking("01"), blocking("02")]);
    expect(problems).toEqual([null, null]);
    expect(lines.at(-1)).toMatch(/^info These filters are in force\. .*"whitelist":"none","blacklist":1/);
  });

  test("may be put in place by a rename, or be a link that is turned", async () => {
    const next = join(folder, "next.json");
    writeFileSync(next, JSON.stringify(blocking("02")));
    renameSync(next, file);
    await expect.poll(() => filters.current, eventually).toEqual(blocking("02"));
    writeFileSync(next, JSON.stringify(blocking("03")));
    symlinkSync("next.json", join(folder, "link"));
    renameSync(join(folder, "link"), file);
    await expect.poll(() => filters.current, eventually).toEqual(blocking("03"));
  });

  test("to something malformed is a problem until it is good again, and the last good one stays", async () => {
    write({ blacklist: [{ senderAddress: "0x12" }] });
    await expect.poll(() => problems.at(-1), eventually).not.toBeNull();
    expect(problems.at(-1)).toMatchObject({ code: "CONFIG_INVALID", actor: "operator" });
    expect(problems.at(-1)?.reason).toMatch(/filters of before stay in force.*blacklist\.0\.senderAddress expected an/);
    expect(lines.at(-1)).toMatch(/^error The filters cannot be used; those of before stay in force/);
    expect(filters.current).toEqual(blocking("01"));
    rmSync(file);
    await expect.poll(() => problems.at(-1)?.code, eventually).toBe("CONFIG_UNREADABLE");
    expect(filters.current).toEqual(blocking("01"));
    // What stayed in force is put back.
    write(blocking("01"));
    await expect.poll(() => problems.at(-1), eventually).toBeNull();
    expect(filters.current).toEqual(blocking("01"));
  });

  test("shows its problem again when its watch is started again", async () => {
    writeFileSync(file, "{");
    await expect.poll(() => problems.at(-1)?.code, eventually).toBe("CONFIG_UNREADABLE");
    stop.abort();
    await watching;
    problems = [];
    stop = new AbortController();
    watching = filters.watch({
      pollMs,
      onFilters: async () => undefined,
      onProblem: (problem) => problems.push(problem),
      log,
      signal: stop.signal,
    });
    await expect.poll(() => problems, eventually).toMatchObject([{ code: "CONFIG_UNREADABLE" }]);
  });
});
