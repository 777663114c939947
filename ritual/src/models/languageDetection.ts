import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { canonicalJson } from "@herald/wire/canonicalJson";
import { type ModelManifest, modelIdOf } from "@herald/wire/model";
import { inputRefused, type LoadedModel, type Model } from "./model.js";
import { textInput } from "./textInput.js";
import { wrongHash } from "./wrongHash.js";

const PACKAGE = "@vscode/vscode-languagedetection";
const TOPOLOGY = "model.json";
const WEIGHTS = "group1-shard1of1.bin";
/** Keeps one run below about 100 ms; the network's cost grows with the length. */
const MAX_INPUT_BYTES = 32 * 1024;

const manifest: ModelManifest = {
  name: "language-detection",
  task: "classification",
  weights: {
    [TOPOLOGY]: "100ce176367e7311e37ced0695057452991a8692029a79340a25e622893e7983",
    [WEIGHTS]: "fab6442698f64d5b1d2df052061d12bafd570330556819d29f48c7bcbb5889f7",
  },
  licence: "MIT",
  parameters: {
    runtime: `${PACKAGE} 1.0.23`,
    input: "UTF-8 source text",
    output:
      'canonical JSON {"label","permille"}: most likely language by file extension, its probability rounded to 1/1000',
    maxInputBytes: MAX_INPUT_BYTES,
    normalizeNewline: true,
  },
};

/** Which programming language a text is written in (guesslang's network, TensorFlow.js on one CPU thread). */
export const languageDetection: Model = { manifest, id: modelIdOf(manifest), queueLimit: 256, load };

async function load(): Promise<LoadedModel> {
  const require = createRequire(import.meta.url);
  // CAST: the package is CommonJS in one bundle, whose names an ESM import does not see; these are its own types.
  const { ModelOperations } = require(PACKAGE) as typeof import("@vscode/vscode-languagedetection");
  const folder = join(dirname(require.resolve(`${PACKAGE}/package.json`)), "model");
  const topology = await readChecked(folder, TOPOLOGY);
  const weights = await readChecked(folder, WEIGHTS);
  const operations = new ModelOperations({
    modelJsonLoaderFunc: async () => JSON.parse(new TextDecoder().decode(topology)),
    weightsLoaderFunc: async () => weights.buffer,
    minContentSize: 1,
    maxContentSize: MAX_INPUT_BYTES,
    normalizeNewline: true,
  });
  // The first run builds the network; without it the first request would pay.
  await operations.runModel("warm up");

  return {
    async run(input, signal) {
      const text = textInput(input, MAX_INPUT_BYTES);
      signal.throwIfAborted();
      const [best] = await operations.runModel(text);
      if (best === undefined) throw inputRefused("nothing to classify");
      const answer = { label: best.languageId, permille: Math.round(best.confidence * 1000) };
      return new TextEncoder().encode(canonicalJson(answer));
    },
    async dispose() {
      operations.dispose();
    },
  };
}

async function readChecked(folder: string, file: string): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(folder, file);
  const bytes = new Uint8Array(await readFile(path));
  const received = createHash("sha256").update(bytes).digest("hex");
  const expected = manifest.weights[file];
  if (received !== expected) throw wrongHash({ path, expected, received });
  return bytes;
}
