// What Go's output says of a module's tests.

/**
 * @param {string} output of `go test -v`
 * @returns {{ passed: number, notPassed: string[] }}
 */
export function goVerdict(output) {
  const notPassed = [];
  let passed = 0;
  /** Tests of the package that is told of; its name comes after them. */
  let untold = [];
  let said = "";
  for (const line of output.split("\n")) {
    const [, word, test] = line.match(/^--- (PASS|FAIL|SKIP): (\S+)/) ?? [];
    const [, name, reason] = line.match(/^(?:FAIL|ok)\s+(\S+)\s+(.*)/) ?? [];
    if (line.startsWith("=== RUN ") && !line.includes("/")) said = "";
    else if (/^\s+\S+\.go:\d+: /.test(line)) said = line.trim();
    else if (line.startsWith("panic: ") && untold.length > 0) untold.push(`${untold.pop()} ${line}`);
    if (word === "PASS") passed += 1;
    else if (word !== undefined) untold.push(`${test}: ${said || word}`);
    if (name === undefined) continue;
    if (reason.endsWith("failed]")) untold.push(reason);
    notPassed.push(...untold.map((it) => `${name} > ${it}`));
    untold = [];
  }
  return { passed, notPassed };
}
