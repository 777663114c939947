import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { HeraldError } from "@herald/wire/errors";
import type { z } from "zod";
import { formAt } from "./describeSchema.js";

/**
 * Reads and checks a JSON configuration, reporting every problem at once. Nothing is started and no connection opened before it passed.
 * @throws HeraldError CONFIG_UNREADABLE or CONFIG_INVALID
 */
export function loadConfig<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> {
  return checkConfig({ file, text: readText(file), schema, consequence: "nothing was started" });
}

/**
 * The text of a configuration file.
 * @throws HeraldError CONFIG_UNREADABLE
 */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/**
 * Checks the text of a configuration file. `consequence` is what an operator reads of its problems: what was not done because of them.
 * @throws HeraldError CONFIG_UNREADABLE or CONFIG_INVALID
 */
export function checkConfig<Schema extends z.ZodType>(parameters: {
  readonly file: string;
  readonly text: string;
  readonly schema: Schema;
  readonly consequence: string;
}): z.output<Schema> {
  const { file, text, schema, consequence } = parameters;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  const parsed = schema.safeParse(raw, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, schema));
  throw new HeraldError({
    code: "CONFIG_INVALID",
    message: `The configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}; ${consequence}.`,
    facts: { file, ...Object.fromEntries(problems) },
    fix: "Correct each path named above.",
    actor: "operator",
    retry: "never",
  });
}

function unreadable(file: string, cause: unknown): HeraldError {
  return new HeraldError({
    code: "CONFIG_UNREADABLE",
    message: "The configuration file cannot be read as JSON.",
    facts: { file },
    fix: "Check the path and the JSON syntax.",
    actor: "operator",
    retry: "never",
    cause,
  });
}

/** A path in the configuration file, relative to the file itself. */
export function resolveBeside(configFile: string, path: string): string {
  return resolve(dirname(configFile), path);
}

/** What zod says by itself, in words for those who know its types. */
const ZODS_OWN = /^(Invalid|Too small|Too big)/;

/** One problem as (path, expected form); a failed union is named by its own sentence, not by its branches. */
function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType): [string, string][] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => [pathText([...issue.path, key]), "unknown key; check its spelling"]);
  }
  const form = formAt(schema, issue.path);
  const said = ZODS_OWN.test(issue.message) && form !== undefined ? `expected ${form}` : issue.message;
  // A refinement of the whole object names a key of it, and has the object as its input.
  const missing = issue.code !== "custom" && issue.input === undefined;
  return [[pathText(issue.path), missing ? `missing; ${said}` : said]];
}

function pathText(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "(whole file)" : path.map(String).join(".");
}
