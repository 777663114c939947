import { setTimeout as delay } from "node:timers/promises";
import { formatError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { checkConfig, readText } from "../config/loadConfig.js";
import { type RouteFilters, routeFiltersSchema } from "../config/routeFilters.js";
import type { Problem } from "./health.js";
import { problemOf } from "./problemOf.js";

/**
 * The filters in force, from a file that may change while the relayer runs. Its text is compared, not its time: the file may be a link that
 * is turned to another one, and a copy may carry an old time.
 */
export class FiltersFile {
  readonly #file: string;
  #filters: RouteFilters;
  /** What was judged last; undefined where the file could not be read. */
  #judged: string | undefined;
  /** What the last look saw. */
  #seen: string | undefined;
  /** What is wrong with what was judged last. */
  #problem: Problem | null = null;

  /** @throws HeraldError CONFIG_UNREADABLE or CONFIG_INVALID */
  constructor(file: string) {
    this.#file = file;
    this.#judged = readText(file);
    this.#seen = this.#judged;
    this.#filters = this.#check(this.#judged, "nothing was started");
  }

  /** The last that were good. */
  get current(): RouteFilters {
    return this.#filters;
  }

  /**
   * Looks at the file once. A new text counts when two looks in a row saw it, as the first may have come while it was being written: then it
   * is in force if it is good, and else logged as an error, while the last good filters stay.
   */
  look(log: Log): "same" | "good" | "malformed" {
    const text = this.#read();
    const isWhole = text === this.#seen;
    this.#seen = text;
    if (!isWhole || text === this.#judged) return "same";
    this.#judged = text;
    try {
      // Where there is no text, to read it again says why.
      this.#filters = this.#check(text ?? readText(this.#file), "the filters of before stay in force");
      this.#problem = null;
      return "good";
    } catch (error) {
      this.#problem = problemOf(error);
      log.error("The filters cannot be used; those of before stay in force.", { error: formatError(error) });
      return "malformed";
    }
  }

  /** Looks every `pollMs` milliseconds until the signal. */
  async watch(parameters: {
    readonly pollMs: number;
    /** Called at the start, and each time filters have come into force. */
    readonly onFilters: () => Promise<void>;
    /** Told at the start, and after each new text; null = none. */
    readonly onProblem: (problem: Problem | null) => void;
    readonly log: Log;
    readonly signal: AbortSignal;
  }): Promise<void> {
    const { pollMs, onFilters, onProblem, log, signal } = parameters;
    const inForce = async (): Promise<void> => {
      const { whitelist, blacklist } = this.#filters;
      const counts = { whitelist: whitelist?.length ?? "none", blacklist: blacklist?.length ?? "none" };
      log.info("These filters are in force.", { file: this.#file, ...counts });
      await onFilters();
    };
    await inForce();
    onProblem(this.#problem);
    while (!signal.aborted) {
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
      const found = this.look(log);
      if (found === "same") continue;
      onProblem(this.#problem);
      if (found === "good") await inForce();
    }
  }

  #check(text: string, consequence: string): RouteFilters {
    return checkConfig({ file: this.#file, text, schema: routeFiltersSchema, consequence });
  }

  #read(): string | undefined {
    try {
      return readText(this.#file);
    } catch {
      return undefined;
    }
  }
}
