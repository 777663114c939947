import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { forgeVerdict } from "./forgeVerdict.mjs";
import { goVerdict } from "./goVerdict.mjs";

// The real runners, on suites in which everything goes wrong that can. In this folder, because it is there that vitest finds itself.
const here = fileURLToPath(new URL(".", import.meta.url));
const contracts = fileURLToPath(new URL("../../contracts/", import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(here, "suites-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** Standard output of a program, however it ends. */
function run(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, HERALD_VERDICT: join(folder, "verdict.json") };
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: folder, env }, (error, stdout) =>
      typeof error?.code === "string" ? reject(error) : resolve(stdout),
    );
  });
}

test("vitest: failures, timeouts, skipped tests, broken hooks and files, and errors outside of tests are all named", async () => {
  write("vitest.config.mjs", "export default { test: { include: ['*.spec.mjs'], watch: false } };\n");
  write(
    "tests.spec.mjs",
    `import { afterAll, describe, expect, it } from "vitest";
     it("passes", () => {});
     describe("outer", () => {
       it("is wrong", () => expect(1).toBe(2));
       it.skip("is skipped", () => {});
     });
     it("takes forever", () => new Promise(() => {}), 50);
     describe("hooked", () => {
       afterAll(() => { throw new Error("no end\\nmore"); });
       it("passes too", () => { void Promise.reject(new Error("left behind")); });
     });`,
  );
  write("broken.spec.mjs", `throw new Error("no start");`);
  await run("npx", ["vitest", "run", "--root", folder, `--reporter=${join(here, "vitestReporter.mjs")}`]);
  const { passed, notPassed } = JSON.parse(readFileSync(join(folder, "verdict.json"), "utf8"));
  expect(passed).toBe(2);
  expect(notPassed.sort()).toEqual([
    "broken.spec.mjs: no start",
    "outside of the tests: left behind",
    "tests.spec.mjs > hooked: no end",
    "tests.spec.mjs > outer > is skipped: skipped",
    "tests.spec.mjs > outer > is wrong: expected 1 to be 2 // Object.is equality",
    "tests.spec.mjs > takes forever: Test timed out in 50ms.",
  ]);
});

test("forge: failures with their reasons, skipped tests, setups and invariants are all named", async () => {
  write("foundry.toml", `[profile.default]\nsrc = "src"\ntest = "test"\nsolc = "${join(contracts, "solc")}"\n`);
  write(
    "test/A.t.sol",
    `// SPDX-License-Identifier: MIT
     pragma solidity ^0.8.20;
     interface Vm { function skip(bool, string calldata) external; }
     contract ATest {
       Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
       error Odd(uint256 value);
       function test_passes() public {}
       function test_fails() public { revert Odd(3); }
       function test_isSkipped() public { vm.skip(true, "not here"); }
       function testFuzz_fails(uint256 value) public { require(value < 5, "too large"); }
     }
     contract BTest {
       function setUp() public { revert("no setup"); }
       function test_neverRuns() public {}
     }
     contract Counter { uint256 public count; function increase() public { count++; } }
     contract CTest {
       Counter counter;
       function setUp() public { counter = new Counter(); }
       function invariant_staysSmall() public view { require(counter.count() < 2, "grew"); }
     }`,
  );
  const script = `import { forge } from ${JSON.stringify(join(contracts, "forge.mjs"))};
    forge(["test", "--root", ${JSON.stringify(folder)}]);`;
  const { passed, notPassed } = forgeVerdict(await run(process.execPath, ["--input-type=module", "-e", script]));
  expect(passed).toBe(1);
  expect(notPassed.sort()).toEqual([
    expect.stringMatching(/^test\/A.t.sol:ATest > testFuzz_fails\(uint256\): FAIL: too large; counterexample: /),
    "test/A.t.sol:ATest > test_fails(): FAIL: Odd(3)",
    "test/A.t.sol:ATest > test_isSkipped(): SKIP: not here",
    "test/A.t.sol:BTest > setUp(): FAIL: no setup",
    "test/A.t.sol:CTest > invariant_staysSmall(): FAIL: grew",
  ]);
});

test("go: failures with what they said, skipped tests, panics and packages that do not compile are all named", async () => {
  write("go.mod", "module example\n\ngo 1.21\n");
  const suite = (name: string, ...tests: string[]) =>
    write(`${name}/${name}_test.go`, [`package ${name}`, 'import "testing"', ...tests].join("\n"));
  suite(
    "a",
    "func TestPasses(t *testing.T) {}",
    'func TestFails(t *testing.T) { t.Log("first"); t.Errorf("it is %d", 3) }',
    'func TestPart(t *testing.T) { t.Run("one", func(t *testing.T) { t.Fatal("part broke") }) }',
    'func TestSkipped(t *testing.T) { t.Skip("not here") }',
  );
  suite("b", 'func TestPanics(t *testing.T) { panic("oh") }');
  suite("c", "func TestNever(t *testing.T) { undefined() }");
  suite("d", "func TestPassesToo(t *testing.T) {}");
  const { passed, notPassed } = goVerdict(await run("go", ["test", "-v", "./..."]));
  expect(passed).toBe(2);
  expect(notPassed.sort()).toEqual([
    "example/a > TestFails: a_test.go:4: it is 3",
    "example/a > TestPart: a_test.go:5: part broke",
    "example/a > TestSkipped: a_test.go:6: not here",
    expect.stringMatching(/^example\/b > TestPanics: FAIL panic: oh/),
    "example/c > [build failed]",
  ]);
});
