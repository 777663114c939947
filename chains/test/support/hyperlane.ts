import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  type Address,
  encodeAbiParameters,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  type LocalAccount,
  pad,
  parseAbi,
  parseAbiParameters,
  type TransactionReceipt,
} from "viem";
import { announcementHash } from "../../src/hyperlane/checkpoint.js";
import { validatorAnnounceAbi } from "../../src/hyperlane/hyperlaneAbi.js";
import { type Anvil, clientsOf } from "./anvil.js";

const factories = join(
  dirname(createRequire(import.meta.url).resolve("@hyperlane-xyz/core")),
  "typechain/factories/contracts",
);

// Read as text: loading the factories would need ethers 5, which nothing here installs.
function bytecodeOf(contract: string): Hex {
  const found = /_bytecode = "(0x[0-9a-f]+)"/.exec(readFileSync(join(factories, `${contract}__factory.js`), "utf8"));
  if (found?.[1] === undefined) throw new Error(`no bytecode of ${contract}`);
  // CAST: the expression matches hex only.
  return found[1] as Hex;
}

const deployAbi = parseAbi([
  "function initialize(address owner, address defaultIsm, address defaultHook, address requiredHook)",
  "function deploy(address[] values, uint8 threshold) returns (address)",
  "function getAddress(address[] values, uint8 threshold) view returns (address)",
  "function dispatch(uint32 destination, bytes32 recipient, bytes body) payable returns (bytes32)",
  "function setInterchainSecurityModule(address module)",
  "function lastData() view returns (bytes)",
]);

/** Hyperlane's published contracts on one chain: Mailbox, MerkleTreeHook as default and required hook's stand-in, ValidatorAnnounce. */
export interface HyperlaneCore {
  readonly mailbox: Address;
  readonly merkleTreeHook: Address;
  readonly validatorAnnounce: Address;
  readonly deployedAt: bigint;
  /** Deploys a contract of the package; arguments ABI-encoded. */
  deploy(contract: string, args?: Hex): Promise<Address>;
  /** Sends and waits for a call. */
  send(to: Address, data: Hex): Promise<TransactionReceipt>;
  /** Dispatches messages from the deployer, each in a transaction of its own. */
  dispatch(destination: number, recipient: Address, ...bodies: readonly Hex[]): Promise<readonly TransactionReceipt[]>;
  /** Sends dispatches without waiting for a block; their transactions. */
  dispatchAll(destination: number, recipient: Address, count: number): Promise<readonly Hex[]>;
  /** Announces a validator's storage, signed by the validator. */
  announce(validator: LocalAccount, storageLocation: string): Promise<void>;
  /** A static message-id multisig of these validators. */
  multisig(validators: readonly Address[], threshold: number): Promise<Address>;
  /** Hyperlane's own test recipient, with this security module. */
  recipient(ism: Address): Promise<Address>;
}

/** Deploys Hyperlane's real contracts; the Mailbox's domain is the chain id. */
export async function deployHyperlane(anvil: Anvil, owner: LocalAccount): Promise<HyperlaneCore> {
  const { client, walletOf } = clientsOf(anvil);
  const wallet = walletOf(owner);
  const wait = async (hash: Hex) => {
    const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    if (receipt.status !== "success") throw new Error(`transaction ${hash} reverted`);
    return receipt;
  };
  const send = async (to: Address, data: Hex) => wait(await wallet.sendTransaction({ to, data }));
  const deploy = async (contract: string, args: Hex = "0x"): Promise<Address> => {
    const nonce = await client.getTransactionCount({ address: owner.address });
    const data: Hex = `${bytecodeOf(contract)}${args.slice(2)}`;
    await wait(await wallet.sendTransaction({ data, nonce }));
    return getContractAddress({ from: owner.address, nonce: BigInt(nonce) });
  };
  const { writeContract } = wallet;
  const addressArgument = (address: Address) => encodeAbiParameters(parseAbiParameters("address"), [address]);

  const deployedAt = await client.getBlockNumber();
  const noop = await deploy("isms/NoopIsm");
  const required = await deploy("test/TestPostDispatchHook");
  const mailbox = await deploy("Mailbox", encodeAbiParameters(parseAbiParameters("uint32"), [anvil.chainId]));
  const merkleTreeHook = await deploy("hooks/MerkleTreeHook", addressArgument(mailbox));
  const validatorAnnounce = await deploy("isms/multisig/ValidatorAnnounce", addressArgument(mailbox));
  const factory = await deploy("isms/multisig/StaticMultisigIsm.sol/StaticMessageIdMultisigIsmFactory");
  const args = [owner.address, noop, merkleTreeHook, required] as const;
  await wait(await writeContract({ address: mailbox, abi: deployAbi, functionName: "initialize", args }));

  return {
    mailbox,
    merkleTreeHook,
    validatorAnnounce,
    deployedAt,
    deploy,
    send,
    async dispatch(destination, recipient, ...bodies) {
      const receipts: TransactionReceipt[] = [];
      for (const body of bodies) {
        const args = [destination, pad(recipient, { size: 32 }), body] as const;
        receipts.push(
          await wait(await writeContract({ address: mailbox, abi: deployAbi, functionName: "dispatch", args })),
        );
      }
      return receipts;
    },
    async dispatchAll(destination, recipient, count) {
      const nonce = await client.getTransactionCount({ address: owner.address, blockTag: "pending" });
      const args = [destination, pad(recipient, { size: 32 }), "0x"] as const;
      const call = { address: mailbox, abi: deployAbi, functionName: "dispatch", args, gas: 500_000n } as const;
      const hashes: Hex[] = [];
      for (let i = 0; i < count; i++) hashes.push(await writeContract({ ...call, nonce: nonce + i }));
      return hashes;
    },
    async announce(validator, storageLocation) {
      const raw = announcementHash({ domain: anvil.chainId, mailbox, storageLocation });
      const args = [validator.address, storageLocation, await validator.signMessage({ message: { raw } })] as const;
      await send(validatorAnnounce, encodeFunctionData({ abi: validatorAnnounceAbi, functionName: "announce", args }));
    },
    async multisig(validators, threshold) {
      const args = [validators, threshold] as const;
      await wait(await writeContract({ address: factory, abi: deployAbi, functionName: "deploy", args }));
      return await client.readContract({ address: factory, abi: deployAbi, functionName: "getAddress", args });
    },
    async recipient(ism) {
      const address = await deploy("test/TestRecipient");
      const call = { address, abi: deployAbi, functionName: "setInterchainSecurityModule", args: [ism] } as const;
      await wait(await writeContract(call));
      return address;
    },
  };
}

/** The body the test recipient was last handed. */
export async function lastBody(anvil: Anvil, recipient: Address): Promise<Hex> {
  return await clientsOf(anvil).client.readContract({ address: recipient, abi: deployAbi, functionName: "lastData" });
}
