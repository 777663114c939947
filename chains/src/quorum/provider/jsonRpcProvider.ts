import { z } from "zod";
import { type Answer, silence } from "../answer.js";
import type { Exchange, RpcCall } from "./exchange.js";
import type { GuardedExchange } from "./guardedExchange.js";

const quantity = z.string().regex(/^0x[0-9a-f]+$/i);
const CHAIN_ID: RpcCall = { method: "eth_chainId", params: [] };
/** Every broadcast goes out: the same bytes put twice may meet a provider that dropped them in between. */
const NEVER_SHARED = new Set(["eth_sendRawTransaction"]);

/** Somebody a quorum asks. */
export interface AskedProvider {
  readonly name: string;
  /** Empty where there is none. */
  readonly url: string;
  /** Lower is asked earlier. */
  readonly rank: number;
  /** How long an answer may take before others are asked too, in milliseconds. */
  readonly lateAfterMs: number;
  /** Never rejects: what went wrong is an answer too. */
  call(call: RpcCall): Promise<Answer>;
  /** Notes that the others agreed on something else. */
  outvoted(): void;
}

/** How a provider did lately, for operators. */
export interface ProviderStanding {
  readonly name: string;
  /** Running average, milliseconds. */
  readonly latencyMs: number;
  /** Share of calls without an answer, 0 to 1; recent ones weigh most. */
  readonly failures: number;
  readonly outvotedLately: boolean;
  readonly circuit: "closed" | "open" | "halfOpen";
  /** Milliseconds for which it will not be asked. */
  readonly pausedMs: number;
}

/**
 * One endpoint. Its chain id is checked before its first answer counts, and again after every broken connection, because another node may
 * stand behind the same URL then. The same call made again while it is on its way shares its answer.
 */
export class JsonRpcProvider implements AskedProvider {
  readonly name: string;
  readonly url: string;
  readonly #guarded: GuardedExchange;
  readonly #chainId: number;
  readonly #exchange: Exchange;
  readonly #onItsWay = new Map<string, Promise<Answer>>();
  #onChain: Promise<Answer | undefined> | undefined;

  constructor(parameters: {
    name: string;
    url: string;
    chainId: number;
    guarded: GuardedExchange;
    exchange: Exchange;
  }) {
    this.name = parameters.name;
    this.url = parameters.url;
    this.#guarded = parameters.guarded;
    this.#chainId = parameters.chainId;
    this.#exchange = parameters.exchange;
  }

  get rank(): number {
    const { score, breaker, pausedMs } = this.#guarded;
    return pausedMs() > 0 || breaker.state !== "closed" ? Number.POSITIVE_INFINITY : score.rank(Date.now());
  }

  get lateAfterMs(): number {
    return this.#guarded.score.lateAfterMs;
  }

  get standing(): ProviderStanding {
    const { score, breaker, pausedMs } = this.#guarded;
    const { latencyMs, failures } = score;
    const outvotedLately = score.isDistrusted(Date.now());
    return { name: this.name, latencyMs, failures, outvotedLately, circuit: breaker.state, pausedMs: pausedMs() };
  }

  outvoted(): void {
    this.#guarded.score.outvoted(Date.now());
  }

  call(call: RpcCall): Promise<Answer> {
    if (NEVER_SHARED.has(call.method)) return this.#call(call);
    const key = JSON.stringify([call.method, call.params]);
    const same = this.#onItsWay.get(key);
    if (same !== undefined) return same;
    const answer = this.#call(call).finally(() => this.#onItsWay.delete(key));
    this.#onItsWay.set(key, answer);
    return answer;
  }

  async #call(call: RpcCall): Promise<Answer> {
    this.#onChain ??= this.#checkChain();
    const checking = this.#onChain;
    const problem = await checking;
    if (problem !== undefined) {
      if (this.#onChain === checking) this.#onChain = undefined;
      return problem;
    }
    const answer = await this.#exchange(call);
    if (answer.kind === "silence" && answer.cause === "unreachable") this.#onChain = undefined;
    return answer;
  }

  async #checkChain(): Promise<Answer | undefined> {
    const answer = await this.#exchange(CHAIN_ID);
    if (answer.kind !== "result") return answer;
    const { provider, raw } = answer;
    const id = quantity.safeParse(answer.value);
    if (!id.success) return silence(provider, "unable", "eth_chainId answered with something else", raw);
    if (BigInt(id.data) === BigInt(this.#chainId)) return undefined;
    return { kind: "wrongChain", provider, raw, received: BigInt(id.data).toString() };
  }
}
