import { Argument, Command, InvalidArgumentError, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addDeployCommand } from "./deployCommand.js";

const { version } = packageJson;

/**
 * The command table. Each command's code is imported only when it runs: `--help` answers at once, and a worker does not load a relayer.
 */
export function createProgram(): Command {
  const program = new Command("herald")
    .description(
      "AI inference for smart contracts: requests made on one chain are answered by workers, their evidence is kept on Celestia, " +
        "and the results come back as Hyperlane messages.",
    )
    .version(version, "-V, --version")
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .addHelpText(
      "after",
      `
Results go to standard output, logs to standard error.
Exit codes: 0 done, 1 a deployment is not as planned, 64 wrong usage, 70 a bug, 75 try again, 78 the configuration or the machine's setup.

Try it without any account or key (npx herald, in the repository after the first build):
  $ herald dev --dir ./world
  $ herald request send --config ./world/client.json --chain base --model language-detection --input "hello there"
  $ herald request show <id> --config ./world/client.json --watch`,
    );

  program
    .command("dev")
    .description("run the whole local world: chains, Temporal, Celestia, workers, validators and a relayer")
    .option("--dir <folder>", "where its files go; a new temporary folder by default")
    .option("--ready-file <file>", "write the URLs there, as JSON, once everything runs")
    .addOption(logLevel("warn"))
    .addHelpText("after", "\nOne Ctrl-C ends everything; a second one does not wait.")
    .action(async (options) => (await import("./dev.js")).dev(options));

  program
    .command("start")
    .description("run a relayer")
    .requiredOption("--config <file>", "its configuration (JSON)")
    .showHelpAfterError(sampleHint("relayer"))
    .addOption(logLevel("info"))
    .addHelpText(
      "after",
      "\nIt starts with whatever is reachable; GET /readyz on its API says what is missing. SIGTERM or Ctrl-C lets running\n" +
        "steps end first, a second one does not wait; nothing is lost either way.",
    )
    .action(async (options) => (await import("./start.js")).start(options));

  program
    .command("status")
    .description("show what keeps a relayer from its work, what is open, and how its providers do")
    .requiredOption("--config <file>", "client configuration (JSON); herald dev writes one as client.json")
    .option("--json", "print JSON")
    .action(async (options) => (await import("./status.js")).status(options));

  program
    .command("worker")
    .description("run a worker that serves models and signs its answers")
    .requiredOption("--config <file>", "its configuration (JSON)")
    .showHelpAfterError(sampleHint("worker"))
    .addOption(logLevel("info"))
    .action(async (options) => (await import("./worker.js")).worker(options));

  program
    .command("validator")
    .description("run a Hyperlane validator that signs the hub's messages")
    .requiredOption("--config <file>", "its configuration (JSON)")
    .showHelpAfterError(sampleHint("validator"))
    .addOption(logLevel("info"))
    .action(async (options) => (await import("./validator.js")).validator(options));

  program
    .command("config")
    .description("print the reference of a configuration file: each key, its form, its default and its meaning")
    .addArgument(new Argument("<kind>", "whose configuration").choices(configKinds))
    .action(async (kind) => (await import("./configReference.js")).configReference(kind));

  addDeployCommand(program);

  const request = program.command("request").description("ask a model, and see what became of it");
  request
    .command("send")
    .description("send a request through the example dapp; prints its id")
    .requiredOption("--config <file>", "client configuration (JSON); herald dev writes one as client.json")
    .requiredOption("--chain <name>", "chain to ask on, such as base")
    .requiredOption("--model <name>", "model's name, or its id (0x and 64 hex digits)")
    .requiredOption("--input <text>", "what to ask")
    .option("--deadline-seconds <n>", "how long the answer may take before the fee can be refunded", wholeNumber, 300)
    .option("--worker-fee <ether>", "shared by the workers that answer", "0.0001")
    .option("--relay-fee <ether>", "for the relayer that brings the answer", "0.0001")
    .option("--json", "print JSON")
    .action(async (options) => (await import("./requestSend.js")).requestSend(options));
  request
    .command("show")
    .description("show a request's timeline, why it waits, and what its chain says")
    .argument("<id>", "request id: 0x and 64 hex digits")
    .requiredOption("--config <file>", "client configuration (JSON)")
    .option("--watch", "go on until it has ended")
    .option("--json", "print JSON, one object per change with --watch")
    .action(async (id, options) => (await import("./showRequest.js")).showRequest(id, options));
  request
    .command("intake")
    .description("have the relayer read one transaction now, should it have missed the request made there")
    .argument("<transaction>", "its hash: 0x and 64 hex digits")
    .requiredOption("--config <file>", "client configuration (JSON)")
    .requiredOption("--chain <name>", "the chain it is on, such as base")
    .option("--json", "print JSON")
    .action(async (txHash, options) => (await import("./requestIntake.js")).requestIntake(txHash, options));

  return program;
}

const configKinds = ["relayer", "worker", "validator", "client", "filters"];

function sampleHint(kind: string): string {
  return `(herald dev --dir ./world writes a working sample, ${kind === "relayer" ? "relayer.json" : `${kind}-1.json`}; \`herald config ${kind}\` explains its keys.)`;
}

function logLevel(standard: string): Option {
  return new Option("--log-level <level>", "least level logged")
    .choices(["debug", "info", "warn", "error"])
    .default(standard);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("expected a positive whole number.");
}
