import { HeraldError } from "@herald/wire/errors";
import { type Address, encodeDeployData, type Hex, parseAbi } from "viem";
import type { Site } from "../state/site.js";
import type { Step } from "./step.js";

/** A constructor's parameter: its type, its value when it is needed, and what to call it in the plan. */
export interface Argument {
  readonly type: "address" | "address[]" | "uint256" | "uint128" | "uint40" | "uint32";
  readonly value: () => Address | readonly Address[] | bigint | number;
  readonly text: string;
}

export interface Creation {
  /** What the contract is to Herald. */
  readonly key: string;
  /** Its name. */
  readonly contract: string;
  readonly bytecode: Hex;
  readonly args: readonly Argument[];
}

/**
 * Creates a contract. The state alone knows whether that was done, which is why a creation is written down before it is broadcast.
 * @throws HeraldError DEPLOY_STATE_MISMATCH from `look` if there is no code where the state says it is
 */
export function createStep(site: Site, { key, contract, bytecode, args }: Creation): Step {
  return {
    key,
    look: async () => {
      const address = site.find(key);
      if (address !== undefined) {
        if ((await site.chain.reader.getCode({ address })) === undefined) throw vanished(site, key, address);
        return { calls: [] };
      }
      const data = args.length === 0 ? bytecode : encode(bytecode, args);
      const call = {
        what: `${contract}(${args.map(({ text }) => text).join(", ")})`,
        from: site.deployer,
        data,
        creates: key,
        gas: gasOfCreation(data),
      };
      return { calls: [call] };
    },
  };
}

function encode(bytecode: Hex, args: readonly Argument[]): Hex {
  const abi = parseAbi([
    `constructor(${args.map(({ type }, i) => `${type} arg${i}`).join(", ")})`,
  ] as readonly string[]);
  return encodeDeployData({ abi, bytecode, args: args.map(({ value }) => value()) });
}

/** A transaction and a creation (53,000), its data (16 a byte), the code kept (200 a byte), and what a constructor writes. */
function gasOfCreation(data: Hex): number {
  const bytes = data.length / 2 - 1;
  return 53_000 + bytes * 216 + 60_000;
}

function vanished(site: Site, contract: string, address: Address): HeraldError {
  return new HeraldError({
    code: "DEPLOY_STATE_MISMATCH",
    message: "There is no code where the state says that a contract was deployed.",
    facts: { chain: site.chain.name, contract, address, transaction: site.state.contracts[contract]?.hash },
    fix: "Check that the node is of the chain the state was written for, and is not behind; remove the contract from the state only if its transaction is gone for good.",
    actor: "operator",
    retry: "never",
  });
}
