// Compiles one contract at a time with npm's solc, in this process: forge would take ten times as long to find out what has changed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { forgeProgram } from "../../forge.mjs";

const solc = createRequire(import.meta.url)("solc");

/** @typedef {{ file: string, name: string }} Target */

/**
 * @param {string} tree folder with contracts/ and node_modules/ in it
 */
export function compiler(tree) {
  const read = (path) => readFileSync(join(tree, path), "utf8");
  const { stdout } = spawnSync(forgeProgram(), ["config", "--json"], {
    cwd: join(tree, "contracts"),
    encoding: "utf8",
  });
  const config = JSON.parse(stdout);

  /**
   * The contract's bytecode, or nothing if it does not compile.
   * @param {Target} target
   * @param {{ viaIr: boolean, changed?: { path: string, content: string } }} options `changed` stands for the file of that path
   */
  function compile({ file, name }, { viaIr, changed }) {
    const contents = (path) => (path === changed?.path ? changed.content : read(path));
    const input = {
      language: "Solidity",
      sources: { [file]: { content: contents(file) } },
      settings: {
        viaIR: viaIr,
        optimizer: { enabled: config.optimizer, runs: config.optimizer_runs },
        evmVersion: config.evm_version,
        metadata: { bytecodeHash: "none" },
        remappings: [
          "@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/",
          "@hyperlane-xyz/core/=node_modules/@hyperlane-xyz/core/contracts/",
        ],
        outputSelection: { [file]: { [name]: ["evm.bytecode.object", "evm.deployedBytecode.object"] } },
      },
    };
    const imported = [];
    const output = JSON.parse(
      solc.compile(JSON.stringify(input), {
        import: (path) => {
          imported.push(path);
          return { contents: contents(path) };
        },
      }),
    );
    if (output.errors?.some(({ severity }) => severity === "error")) return undefined;
    const { bytecode, deployedBytecode } = output.contracts[file][name].evm;
    return { created: bytecode.object, deployed: deployedBytecode.object, files: [file, ...imported] };
  }

  return { compile };
}
