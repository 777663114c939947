import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 collect garbage once the heap has doubled, in this thread and those started later. A relayer keeps about 50 MB alive; under load
 * V8, left alone, lets the heap grow to five times that before it looks, and gives nothing back. Less than doubling costs more time than
 * the memory is worth.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--heap-growing-percent=100");
}
