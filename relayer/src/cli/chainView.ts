import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { redactUrl } from "@herald/wire/errors";
import type { RequestId } from "@herald/wire/ids";
import type { RequestState } from "@herald/wire/lifecycle";
import { decodeStateWord } from "@herald/wire/stateWord";
import { BaseError, createPublicClient, HttpRequestError, http } from "viem";
import type { ClientConfig } from "../config/clientConfig.js";

/** What a request's own gateway says of it. */
export interface ChainView {
  readonly origin: string;
  readonly state: Exclude<RequestState, "none">;
  /** Unix seconds; null once it is settled. */
  readonly closeAt: number | null;
  /** Wei or token units added to the relay fee; null once it is settled. */
  readonly topUp: string | null;
  /** Unix seconds until which a pending result may be overturned; null unless it is pending. */
  readonly finalAt: number | null;
  /** Whether the policy's verifier disputes the pending result. */
  readonly disputed: boolean;
  /** Whether the output of a result settled by its hash is still to be revealed. */
  readonly outputAwaited: boolean;
  /** Whether the consumer's callback failed and may be run again. */
  readonly callbackFailed: boolean;
}

/** What the configured chains say: who holds the request, and who could not be asked. */
export interface ChainWord {
  /** Null where no gateway that answered holds it. */
  readonly view: ChainView | null;
  /** Why a chain did not answer, by its name. */
  readonly silent: Readonly<Record<string, string>>;
}

/** Asks every configured chain's gateway. */
export async function readChainView(requestId: RequestId, config: ClientConfig): Promise<ChainWord> {
  const silent: Record<string, string> = {};
  const views = await Promise.all(
    Object.entries(config.origins).map(async ([name, origin]) => {
      try {
        return await readGateway(requestId, name, origin);
      } catch (error) {
        silent[name] = `${redactUrl(origin.rpc)}: ${whySilent(error)}`;
        return null;
      }
    }),
  );
  return { view: views.find((it) => it !== null) ?? null, silent };
}

function whySilent(error: unknown): string {
  if (!(error instanceof BaseError)) return error instanceof Error ? error.message : String(error);
  const cause = error.walk();
  return error.walk((it) => it instanceof HttpRequestError) === null
    ? error.shortMessage
    : cause instanceof BaseError
      ? cause.details || cause.shortMessage
      : cause.message;
}

async function readGateway(
  requestId: RequestId,
  name: string,
  { rpc, gateway }: ClientConfig["origins"][string],
): Promise<ChainView | null> {
  const client = createPublicClient({ transport: http(rpc, { timeout: 5_000, retryCount: 0 }) });
  const word = await client.readContract({
    address: gateway,
    abi: inferenceGatewayAbi,
    functionName: "stateOf",
    args: [requestId],
  });
  const found = decodeStateWord(word);
  if (found.state === "none") return null;
  const unsettled = { finalAt: null, disputed: false, outputAwaited: false, callbackFailed: false };
  if (found.state === "open") {
    const { state, closeAt, topUp } = found;
    return { origin: name, state, closeAt, topUp: topUp.toString(), ...unsettled };
  }
  const { state, finalAt, disputed, outputAwaited, callbackFailed } = found;
  return {
    ...{ origin: name, state, closeAt: null, topUp: null },
    ...{ finalAt: state === "pending" ? finalAt : null, disputed, outputAwaited, callbackFailed },
  };
}
