import { parseChainId } from "@herald/wire/ids";
import type { Terms } from "@herald/wire/terms";
import { bytesToHex, getAddress, type Hex, keccak256, stringToHex, zeroAddress } from "viem";
import type { InferenceCall } from "../src/infernet/containerProtocol.js";
import { type ModelName, modelByName } from "../src/models/modelByName.js";

export const addressOf = (name: string) => getAddress(`0x${keccak256(stringToHex(name)).slice(-40)}`);

/** Enough Python for the classifier to be sure of. */
export const PYTHON_SOURCE = `import os
import sys


def main(argv):
    for name in argv[1:]:
        with open(os.path.join(".", name)) as file:
            print(len(file.read()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
`;

/** A call whose terms fit its input. */
export function exampleCall(
  model: ModelName,
  input: string | Uint8Array,
  change: { readonly terms?: Partial<Terms>; readonly call?: Partial<InferenceCall> } = {},
): InferenceCall {
  const bytes: Hex = typeof input === "string" ? stringToHex(input) : bytesToHex(input);
  const terms: Terms = {
    version: 1,
    salt: keccak256("0x01"),
    requester: addressOf("requester"),
    consumer: addressOf("consumer"),
    refundTo: addressOf("requester"),
    callbackGasLimit: 200_000,
    contextHash: keccak256("0x"),
    modelId: modelByName(model).id,
    inputHash: keccak256(bytes),
    inputMode: 0,
    outputMode: 0,
    policyId: 1,
    feeToken: zeroAddress,
    workerFee: 1_000n,
    relayFee: 500n,
    protocolFee: 10n,
    relayer: zeroAddress,
    deadline: 1_900_000_000,
    ...change.terms,
  };
  return {
    chainId: parseChainId(31_337),
    gateway: addressOf("gateway"),
    terms,
    relayer: addressOf("relayer"),
    input: bytes,
    ...change.call,
  };
}
