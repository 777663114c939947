import { modelByName, modelNames } from "@herald/ritual/models/modelByName";
import { HeraldError } from "@herald/wire/errors";
import { type ModelId, parseModelId } from "@herald/wire/ids";
import { parseEther } from "viem";
import { clientConfigSchema } from "../config/clientConfig.js";
import { loadConfig } from "../config/loadConfig.js";
import { sendRequest } from "./sendRequest.js";

/** `herald request send`: asks through the example dapp and prints the request's id. */
export async function requestSend(options: {
  readonly config: string;
  readonly chain: string;
  readonly model: string;
  readonly input: string;
  readonly deadlineSeconds: number;
  readonly workerFee: string;
  readonly relayFee: string;
  readonly json?: boolean;
}): Promise<void> {
  const { chain, model, input, deadlineSeconds } = options;
  const config = loadConfig(options.config, clientConfigSchema);
  const modelId = modelIdOf(model);
  if (input === "") {
    throw usage("REQUEST_EMPTY_INPUT", "There is nothing to answer.", { "--input": '""' }, "Say what to ask.");
  }
  const { requestId, tx, block, gasUsed, deadline } = await sendRequest({
    config,
    configFile: options.config,
    chain,
    modelId,
    input,
    deadlineSeconds,
    workerFee: fee("--worker-fee", options.workerFee),
    relayFee: fee("--relay-fee", options.relayFee),
  });
  if (options.json === true) {
    const numbers = { block: Number(block), gasUsed: Number(gasUsed), deadline };
    process.stdout.write(`${JSON.stringify({ requestId, origin: chain, model, modelId, originTx: tx, ...numbers })}\n`);
    return;
  }
  process.stdout.write(
    [
      `request ${requestId}`,
      `  sent on ${chain} in ${tx}, block ${block}`,
      `  refundable after ${new Date(deadline * 1000).toISOString()}`,
      `  follow it with: herald request show ${requestId} --config ${options.config} --watch`,
      "",
    ].join("\n"),
  );
}

function modelIdOf(model: string): ModelId {
  if (/^0x[0-9a-fA-F]{64}$/.test(model)) return parseModelId(model);
  const name = modelNames.find((it) => it === model);
  if (name !== undefined) return modelByName(name).id;
  throw usage(
    "REQUEST_UNKNOWN_MODEL",
    "No model has this name.",
    { "--model": model },
    `Name one of ${modelNames.join(", ")}, or give an id (0x and 64 hex digits).`,
  );
}

function fee(option: string, ether: string): bigint {
  if (/^\d+(\.\d{1,18})?$/.test(ether)) return parseEther(ether);
  throw usage(
    "REQUEST_INVALID_FEE",
    "A fee is an amount of ether, such as 0.001.",
    { [option]: ether },
    "Give a decimal number with at most 18 places, such as 0.001.",
  );
}

function usage(code: string, message: string, facts: Record<string, unknown>, fix: string): HeraldError {
  return new HeraldError({ code, message, facts, fix, actor: "user", retry: "never" });
}
