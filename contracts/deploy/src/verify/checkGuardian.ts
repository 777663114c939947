import { type Address, isAddressEqual } from "viem";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";
import { guardedAbi, guardedContracts } from "../steps/guardianStep.js";

/** Who may pause, revoke or jail at once: each of a chain's contracts that has a guardian has the planned one. */
export async function checkGuardian(site: Site, owned: readonly string[], guardian: Address): Promise<Finding[]> {
  const guarded = owned.filter((it) => it in guardedContracts);
  const findings = await Promise.all(
    guarded.map(async (contract): Promise<Finding[]> => {
      const read = { address: site.need(contract), abi: guardedAbi, functionName: "guardian" } as const;
      const given = await site.chain.reader.readContract(read);
      if (isAddressEqual(given, guardian)) return [];
      const what = `the guardian of ${contract} is ${given}, not ${guardian}`;
      const fix = "Run `herald deploy`, which says what the owner must send.";
      return [{ chain: site.chain.name, severity: "serious", code: "GUARDIAN_DIFFERENT", what, fix }];
    }),
  );
  return findings.flat();
}
