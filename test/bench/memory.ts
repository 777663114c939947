import { readFileSync } from "node:fs";

const SAMPLE_MS = 250;

/** Highest resident memory seen of some processes, each in megabytes, while it samples. */
export interface MemorySampler {
  peaksMb(): Readonly<Record<string, number>>;
  stop(): void;
}

/** Samples `/proc` (Linux); a process that is gone keeps its last peak. */
export function sampleMemory(pids: Readonly<Record<string, number>>): MemorySampler {
  const peaks: Record<string, number> = {};
  const sample = (): void => {
    for (const [name, pid] of Object.entries(pids)) peaks[name] = Math.max(peaks[name] ?? 0, residentMb(pid));
  };
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  return { peaksMb: () => ({ ...peaks }), stop: () => clearInterval(timer) };
}

function residentMb(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Math.round(Number(line?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}
