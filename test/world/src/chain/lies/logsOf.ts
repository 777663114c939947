import { isRecord, type RpcCall } from "../rpc.js";

export type LogRecord = Readonly<Record<string, unknown>>;

/** Changes the logs in a result, wherever the method carries them: queries, one receipt, a block's receipts. */
export function mapLogs(call: RpcCall, result: unknown, change: (logs: readonly LogRecord[]) => unknown[]): unknown {
  switch (call.method) {
    case "eth_getLogs":
      return Array.isArray(result) ? change(result.filter(isRecord)) : result;
    case "eth_getTransactionReceipt":
      return inReceipt(result, change);
    case "eth_getBlockReceipts":
      return Array.isArray(result) ? result.map((receipt) => inReceipt(receipt, change)) : result;
    default:
      return result;
  }
}

function inReceipt(receipt: unknown, change: (logs: readonly LogRecord[]) => unknown[]): unknown {
  if (!isRecord(receipt) || !Array.isArray(receipt.logs)) return receipt;
  return { ...receipt, logs: change(receipt.logs.filter(isRecord)) };
}

/** True if a log's first topic is this one. */
export function hasTopic0(log: LogRecord, topic0: string): boolean {
  return Array.isArray(log.topics) && String(log.topics[0]).toLowerCase() === topic0.toLowerCase();
}
