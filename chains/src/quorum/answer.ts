interface FromProvider {
  readonly provider: string;
  /** What arrived, as evidence; empty where nothing did. */
  readonly raw: () => string;
}

/** The provider's result. */
export interface Result extends FromProvider {
  readonly kind: "result";
  readonly value: unknown;
}

/** A JSON-RPC error: the provider understood and said no. */
export interface Refusal extends FromProvider {
  readonly kind: "refusal";
  readonly code: number;
  readonly message: string;
  readonly data: unknown;
}

/** Nothing that could be counted. */
export interface Silence extends FromProvider {
  readonly kind: "silence";
  /**
   * `unreachable`: no connection, no answer in time, a server that fails. `limited`: asked too often. `spared`: not asked, because it fails
   * or limits us. `unable`: answered, but with nothing that could be counted.
   */
  readonly cause: "unreachable" | "limited" | "spared" | "unable";
  readonly reason: string;
  /** How long the provider wants to be left alone. */
  readonly retryAfterMs?: number;
}

/** The provider serves another chain; nothing it says counts. */
export interface WrongChain extends FromProvider {
  readonly kind: "wrongChain";
  readonly received: string;
}

/** What one provider answered to one call. */
export type Answer = Result | Refusal | Silence | WrongChain;

export function silence(
  provider: string,
  cause: Silence["cause"],
  reason: string,
  raw: () => string = () => "",
): Silence {
  return { kind: "silence", provider, cause, reason, raw };
}

/** True for the chain's own no: geth and its kin use code 3, others mark it in the text only. */
export function isRevert(code: number, message: string): boolean {
  return code === 3 || /revert/i.test(message);
}

/** An answer in a few words, for error facts. */
export function describeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case "result":
      return clip(JSON.stringify(answer.value) ?? "nothing");
    case "refusal":
      return clip(`refused: ${answer.message} (${answer.code})`);
    case "silence":
      return clip(`no answer: ${answer.reason}`);
    case "wrongChain":
      return `serves chain ${answer.received}`;
  }
}

function clip(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 197)}...`;
}
