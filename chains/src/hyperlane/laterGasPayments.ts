import { type Address, type PublicClient, parseAbiItem } from "viem";
import type { DispatchedMessage, GasPayment } from "./dispatchedMessages.js";

const paidEvent = parseAbiItem(
  "event GasPayment(bytes32 indexed messageId, uint32 indexed destinationDomain, uint256 gasAmount, uint256 payment)",
);

/**
 * Payments made after the dispatching transaction, which anybody may add; up to what is final on the origin, so that a reorganisation cannot take
 * back what a delivery was given for. The dispatch's own are in the message.
 */
export async function readLaterGasPayments(parameters: {
  /** Of the origin chain. */
  readonly client: PublicClient;
  readonly paymaster: Address;
  readonly message: DispatchedMessage;
}): Promise<readonly GasPayment[]> {
  const { client, paymaster, message } = parameters;
  const [{ number: dispatched }, { number: final }] = await Promise.all([
    client.getBlock({ blockHash: message.blockHash }),
    client.getBlock({ blockTag: "finalized" }),
  ]);
  if (final < dispatched) return [];
  const logs = await client.getLogs({
    address: paymaster,
    event: paidEvent,
    args: { messageId: message.messageId, destinationDomain: message.destination },
    strict: true,
    fromBlock: dispatched,
    toBlock: final,
  });
  return logs
    .filter((log) => log.transactionHash !== message.transactionHash)
    .map(({ address, args }) => ({ paymaster: address, gasAmount: args.gasAmount, payment: args.payment }));
}
