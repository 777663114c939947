import type { Command } from "commander";

/** Adds `herald deploy` and `herald deploy verify`. */
export function addDeployCommand(program: Command): void {
  const deploy = program
    .command("deploy")
    .description("deploy Herald's contracts, and Hyperlane's where a chain has none")
    .usage("--config <file> --state <file> [--dry-run] [--yes]");
  deploy
    .command("run", { isDefault: true })
    .description("bring all chains to what the plan says; goes on where an earlier run ended (the default)")
    .requiredOption("--config <file>", "the deployment plan (JSON)")
    .requiredOption("--state <file>", "what was done so far; keep it as you keep the plan")
    .option("--dry-run", "print what would be sent, and send nothing")
    .option("--yes", "do not ask")
    .action(async (options) => (await import("./deploy.js")).deploy(options));
  deploy
    .command("verify")
    .description("compare the live chains with the plan; exit code 1 if anything is not as it should be")
    .requiredOption("--config <file>", "the deployment plan (JSON)")
    .requiredOption("--state <file>", "the state that deploying left")
    .action(async (options) => (await import("./deploy.js")).deployVerify(options));
}
