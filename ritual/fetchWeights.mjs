// Fetches the language model's weights into Herald's cache and prints how far it is. Needs `npm run build`.
import { formatError } from "@herald/wire/errors";
import { silentLog } from "@herald/wire/log";
import { cacheFolder } from "./dist/models/cacheFolder.js";
import { smollm2Weights } from "./dist/models/smollm2.js";
import { ensureWeights } from "./dist/models/weights.js";

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));

let shown = -1;
/** One line that is rewritten on a terminal, one line per tenth elsewhere. */
function show({ model, bytes, totalBytes }) {
  const text = `${model}: ${megabytes(bytes)} of ${megabytes(totalBytes)} MB`;
  if (process.stdout.isTTY) process.stdout.write(`\r${text}`);
  else if (Math.floor((10 * bytes) / totalBytes) !== shown) console.log(text);
  shown = Math.floor((10 * bytes) / totalBytes);
}

try {
  const log = { ...silentLog, warn: (message, fields) => console.log(message, JSON.stringify(fields ?? {})) };
  const path = await ensureWeights({
    source: smollm2Weights,
    cache: cacheFolder(),
    progress: show,
    log,
    signal: stop.signal,
  });
  if (shown >= 0 && process.stdout.isTTY) process.stdout.write("\n");
  console.log(`${smollm2Weights.model}: ready at ${path}`);
} catch (error) {
  if (shown >= 0 && process.stdout.isTTY) process.stdout.write("\n");
  console.error(formatError(error));
  process.exitCode = 1;
}
