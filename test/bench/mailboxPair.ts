import { hyperlaneArtifact } from "@herald/deploy/artifacts/hyperlaneArtifact";
import { HeraldError } from "@herald/wire/errors";
import { type Anvil, startAnvil } from "@herald/world/chain/anvil";
import type { ProcessGroup } from "@herald/world/processes/processGroup";
import { takePorts } from "@herald/world/takePorts";
import {
  type Address,
  concatHex,
  createWalletClient,
  defineChain,
  encodeAbiParameters,
  type Hex,
  http,
  type LocalAccount,
  parseAbi,
  parseAbiParameters,
  parseEther,
  publicActions,
  testActions,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

/** A chain with Hyperlane's published contracts on it. */
export interface MailboxChain {
  readonly chainId: number;
  readonly node: Anvil;
  readonly mailbox: Address;
  readonly merkleTreeHook: Address;
  /** Of the account that deployed, with all powers over its node. */
  readonly wallet: ReturnType<typeof walletOf>;
  /** Creates a contract from its creation code. */
  create(code: Hex): Promise<Address>;
}

export const benchMailboxAbi = parseAbi([
  "event ProcessId(bytes32 indexed messageId)",
  "function initialize(address owner, address defaultIsm, address defaultHook, address requiredHook)",
  "function dispatch(uint32 destination, bytes32 recipient, bytes body) payable returns (bytes32)",
]);
const factoryAbi = parseAbi([
  "function deploy(address[] values, uint8 threshold) returns (address)",
  "function getAddress(address[] values, uint8 threshold) view returns (address)",
]);

/** Starts two chains that mine at once, and puts Hyperlane on both; messages to either need the signatures of all `validators`. */
export async function startMailboxPair(
  processes: ProcessGroup,
  validators: readonly Address[],
): Promise<{ readonly hub: MailboxChain; readonly origin: MailboxChain; release(): Promise<void> }> {
  const { ports, release } = await takePorts(2);
  const { signal } = new AbortController();
  const start = async (name: string, chainId: number, port = 0): Promise<MailboxChain> =>
    deployHyperlane(await startAnvil(processes, { name, chainId, port, signal }), chainId, validators);
  const [hub, origin] = await Promise.all([start("hub", 31_979, ports[0]), start("origin", 31_101, ports[1])]);
  return { hub, origin, release };
}

function walletOf(node: Anvil, chainId: number, account: LocalAccount) {
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [node.url] } },
  });
  const transport = http(node.url);
  return createWalletClient({ account, chain, transport, pollingInterval: 10, cacheTime: 0 })
    .extend(publicActions)
    .extend(testActions({ mode: "anvil" }));
}

async function deployHyperlane(node: Anvil, chainId: number, validators: readonly Address[]): Promise<MailboxChain> {
  const account = privateKeyToAccount(generatePrivateKey());
  await node.fund(account.address, parseEther("1000"));
  const wallet = walletOf(node, chainId, account);
  const mined = async (hash: Hex) => {
    const receipt = await wallet.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw deploymentFailed({ chainId, hash });
    return receipt;
  };
  const create = async (code: Hex): Promise<Address> => {
    const { contractAddress, transactionHash } = await mined(await wallet.sendTransaction({ data: code }));
    if (contractAddress == null) throw deploymentFailed({ chainId, hash: transactionHash });
    return contractAddress;
  };
  const deploy = (contract: Parameters<typeof hyperlaneArtifact>[0], args: Hex = "0x") =>
    create(concatHex([hyperlaneArtifact(contract).creation, args]));
  const mailbox = await deploy("Mailbox", encodeAbiParameters(parseAbiParameters("uint32"), [chainId]));
  const merkleTreeHook = await deploy("MerkleTreeHook", encodeAbiParameters(parseAbiParameters("address"), [mailbox]));
  const free = [0n, 0n, account.address, account.address] as const;
  const fee = encodeAbiParameters(parseAbiParameters("uint256, uint256, address, address"), free);
  const requiredHook = await deploy("ProtocolFee", fee);
  const factory = await deploy("StaticMessageIdMultisigIsmFactory");
  const multisig = { address: factory, abi: factoryAbi, args: [validators, validators.length] } as const;
  await mined(await wallet.writeContract({ ...multisig, functionName: "deploy" }));
  const ism = await wallet.readContract({ ...multisig, functionName: "getAddress" });
  const args = [account.address, ism, merkleTreeHook, requiredHook] as const;
  await mined(await wallet.writeContract({ address: mailbox, abi: benchMailboxAbi, functionName: "initialize", args }));
  return { chainId, node, mailbox, merkleTreeHook, wallet, create };
}

function deploymentFailed(facts: Record<string, unknown>): HeraldError {
  return new HeraldError({
    code: "BENCH_DEPLOYMENT_FAILED",
    message: "Hyperlane could not be deployed on a chain of the benchmark.",
    facts,
    actor: "bug",
    retry: "never",
  });
}
