import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { main } from "../../../relayer/src/cli/main.js";
import type { World } from "../src/startWorld.js";
import { openTestWorld, worldFolder } from "./openTestWorld.js";

const folder = worldFolder();
let world: World;
let plan: string;
let state: string;

beforeAll(async () => {
  world = await openTestWorld(folder.path);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await world?.stop();
  folder.remove();
});
beforeEach(() => {
  const home = join(world.folder, "deployment");
  [plan, state] = [join(home, "changed.json"), join(home, "copy.json")];
  copyFileSync(join(home, "plan.json"), plan);
  copyFileSync(join(home, "state.json"), state);
});

/** Runs the command as a terminal would that nobody sits at; gives the exit code and both outputs. */
async function herald(...args: string[]) {
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      printed[name] += text;
      return true;
    });
  }
  const code = await main(["node", "herald", "deploy", ...args]).finally(() => vi.restoreAllMocks());
  return { code, ...printed };
}

/** Adds an account to the planned publishers. */
function addPublisher() {
  const changed = JSON.parse(readFileSync(plan, "utf8"));
  changed.hub.publishers.push("0x00000000000000000000000000000000000000A1");
  writeFileSync(plan, JSON.stringify(changed));
}

describe("herald deploy", () => {
  it("verifies a world; only its validators have yet to start", async () => {
    const { code, stdout, stderr } = await herald("verify", "--config", plan, "--state", state);
    expect(code).toBe(1);
    expect(stdout.match(/VALIDATOR_NOT_ANNOUNCED/g)).toHaveLength(2);
    expect(stdout.trimEnd().split("\n")).toHaveLength(4);
    expect(stderr).toContain("DEPLOY_NOT_AS_PLANNED");
  });

  it("prints a plan, sends nothing in a dry run, and nothing that nobody has agreed to", async () => {
    const done = await herald("--config", plan, "--state", state, "--dry-run");
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toContain("Dry run: nothing was sent. Left to send: 0.");
    addPublisher();
    const left = await herald("--config", plan, "--state", state, "--dry-run");
    expect(left.stdout).toMatch(/to do {2}ResultHub\.setPublisher\(0x0000…00A1, true\) .* gas/);
    expect(left.stdout).toContain("Left to send: 1.");
    expect(existsSync(`${state}.lock`)).toBe(false);
    const asked = await herald("--config", plan, "--state", state);
    expect(asked).toMatchObject({ code: 64, stderr: expect.stringContaining("DEPLOY_NOT_CONFIRMED") });
    const { stdout } = await herald("--config", plan, "--state", state, "--dry-run");
    expect(stdout).toContain("Left to send: 1.");
  });

  it("brings the chains to a changed plan", async () => {
    addPublisher();
    const { code, stderr } = await herald("--config", plan, "--state", state, "--yes");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "ritual: ResultHub.setPublisher(0x0000…00A1, true)\n" });
    const { stdout } = await herald("verify", "--config", plan, "--state", state);
    expect(stdout).not.toContain("PUBLISHER");
  });

  it("names every problem of a plan at once", async () => {
    const bad = JSON.parse(readFileSync(plan, "utf8"));
    writeFileSync(plan, JSON.stringify({ ...bad, guardian: "nobody", environment: "staging" }));
    const { code, stderr } = await herald("--config", plan, "--state", state, "--dry-run");
    expect(code).toBe(78);
    expect(stderr).toMatch(/guardian +expected an address/);
    expect(stderr).toMatch(/environment +expected "local" or "production"/);
  });
});
