// What forge's output says of the contracts' tests.

/**
 * @param {string} output of `forge test`
 * @returns {{ passed: number, notPassed: string[] }}
 */
export function forgeVerdict(output) {
  const [suites = ""] = output.split(/^Failing tests:$/m); // which tells the failed ones again
  const notPassed = [];
  let passed = 0;
  let contract = "";
  let verdict;
  for (const line of suites.split("\n")) {
    contract = line.match(/^Ran \d+ tests? for (\S+)/)?.[1] ?? contract;
    if (line.startsWith("[PASS]")) passed += 1;
    verdict = line.match(/^\[(?:FAIL|SKIP).*?\](?= \w+\(|$)/)?.[0] ?? verdict;
    // On the same line, or below the calls that led an invariant there.
    const test = line.match(/^(?:\[.*\])? (\w+\(.*?\)) \((?:gas|runs):/)?.[1];
    if (test === undefined || verdict === undefined) continue;
    notPassed.push(`${contract} > ${test}: ${verdict.slice(1, -1)}`);
    verdict = undefined;
  }
  return { passed, notPassed };
}
