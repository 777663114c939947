import { makeKey, type WorldKey } from "./makeKey.js";

/** A worker's signing key, and who owns the worker and is paid. */
export interface WorkerKeys {
  readonly name: string;
  readonly signer: WorldKey;
  readonly operator: WorldKey;
}

/** Every key of a world, made for it alone. */
export interface WorldKeys {
  /**
   * Deploys and owns the contracts of one chain. One key on all chains would give the contracts the same addresses everywhere, and a
   * program that mixes chains up would not be found out.
   */
  deployer(chain: string): WorldKey;
  /** Delivers results and refunds on the origins; is credited the relay fees. */
  readonly relayer: WorldKey;
  /** Publishes on the hub. */
  readonly publisher: WorldKey;
  /** Sends requests. */
  readonly client: WorldKey;
  /** Two, of distinct operators. */
  readonly workers: readonly WorkerKeys[];
  readonly validators: readonly { readonly name: string; readonly signer: WorldKey }[];
}

/** Makes the keys and writes them to the world's `keys` folder. */
export function makeKeys(folder: string): WorldKeys {
  const key = (name: string) => makeKey(folder, name);
  return {
    deployer: (chain) => key(`deployer-${chain}`),
    relayer: key("relayer"),
    publisher: key("publisher"),
    client: key("client"),
    workers: [1, 2].map((n) => ({
      name: `worker-${n}`,
      signer: key(`worker-${n}`),
      operator: key(`operator-${n}`),
    })),
    validators: [1, 2].map((n) => ({ name: `validator-${n}`, signer: key(`validator-${n}`) })),
  };
}
