import { modelByName } from "@herald/ritual/models/modelByName";
import { infernetCoordinatorAbi } from "@herald/wire/abi/InfernetCoordinator";
import {
  type Address,
  createPublicClient,
  encodeDeployData,
  encodeFunctionData,
  http,
  parseAbi,
  zeroAddress,
} from "viem";
import { expect, test } from "vitest";
import { compileTestContracts } from "./support/compileTestContracts.js";
import { useHerald } from "./support/useHerald.js";
import { waitFor } from "./support/waitFor.js";

const scene = useHerald();

const consumerAbi = parseAbi([
  "constructor(address registry)",
  "function ask(string containers, string prompt, uint16 redundancy, uint256 payment, address wallet) returns (uint32)",
  "function received() view returns (uint256)",
  "function text() view returns (string)",
]);
const walletAbi = parseAbi([
  "function createWallet(address initialOwner) returns (address wallet)",
  "function approve(address spender, address token, uint256 amount)",
]);
/** For each of the two operators. */
const PAYMENT = 10_000n;

test("a consumer written for Infernet is answered, though nobody but the relayer does anything for it", async () => {
  const { herald, user } = scene();
  const chain = "base";
  const client = createPublicClient({ transport: http(herald.info.chains[chain]?.nodeUrl), pollingInterval: 100 });
  const coordinator = herald.info.deployment.origins[chain]?.infernetCoordinator;
  if (coordinator === undefined) throw new Error(`the world has no coordinator on ${chain}`);
  const onCoordinator = { address: coordinator, abi: infernetCoordinatorAbi } as const;
  const [code = "0x"] = await compileTestContracts("test/compat/support/AnyModelConsumer.sol", ["AnyModelConsumer"]);
  const data = encodeDeployData({ abi: consumerAbi, bytecode: code, args: [coordinator] });
  const { contractAddress: consumer } = await user.send(chain, { data });
  if (consumer == null) throw new Error("the consumer was not deployed");
  const wallet = await fundedWallet();

  const { name } = modelByName("smollm2-135m-instruct").manifest;
  const args = [name, "What is a blob?", 2, PAYMENT, wallet] as const;
  const ask = encodeFunctionData({ abi: consumerAbi, functionName: "ask", args });
  expect((await user.send(chain, { to: consumer, data: ask })).status).toBe("success");

  const on = { address: consumer, abi: consumerAbi } as const;
  const said = await waitFor("the answer to reach the consumer", async () => {
    const received = await client.readContract({ ...on, functionName: "received" });
    return received === 0n ? undefined : await client.readContract({ ...on, functionName: "text" });
  });
  expect(said.length).toBeGreaterThan(0);
  expect(await client.readContract({ ...on, functionName: "received" })).toBe(1n);
  // By the wallet's money, and by no other call than the relayer's.
  expect(await client.getBalance({ address: wallet })).toBe(1_000_000n - 2n * PAYMENT);
  const asked = await client.getContractEvents({
    ...onCoordinator,
    eventName: "IntervalAsked",
    fromBlock: 0n,
    strict: true,
  });
  expect(asked).toHaveLength(1);
  const view = await user.says(asked[0]?.args.requestId ?? "0x", "the end of the request", (it) => it.phase === "done");
  expect(view).toMatchObject({ outcome: "delivered", callback: "succeeded" });

  /** A wallet of the user's, which pays for this consumer. */
  async function fundedWallet(): Promise<Address> {
    const factory = await client.readContract({ ...onCoordinator, functionName: "WALLET_FACTORY" });
    const create = {
      address: factory,
      abi: walletAbi,
      functionName: "createWallet",
      args: [user.account.address],
    } as const;
    const { result } = await client.simulateContract({ ...create, account: user.account });
    await user.send(chain, { to: factory, data: encodeFunctionData(create), value: 0n });
    const approval = [consumer ?? zeroAddress, zeroAddress, 2n ** 256n - 1n] as const;
    await user.send(chain, {
      to: result,
      data: encodeFunctionData({ abi: walletAbi, functionName: "approve", args: approval }),
    });
    await user.send(chain, { to: result, data: "0x", value: 1_000_000n });
    return result;
  }
});
