import type { Scenario } from "./scenario.js";

/** Scenarios that once failed, as small as they could be made. Found anew where the model changed, since then chance falls differently. */
export const found: readonly Scenario[] = [
  // A settled nonce given out again because of a count too low: what it had cost was forgotten.
  {
    processes: 1,
    asked: [8_191, 403],
    troubles: [
      { at: 7_480, what: "lie", by: -1, ms: 1_790 },
      { at: 1_598, what: "storeFails", written: true, ms: 7_133 },
    ],
    dice: 13,
  },
  // A process that had slept through its lease found the other's open record, and took it for a final one.
  {
    processes: 2,
    asked: [8_306],
    troubles: [{ at: 455, what: "pause", process: 1, crossing: 10, ms: 5_100 }],
    dice: 2_143_289_320,
  },
  // What had reverted succeeded in the block that replaced its own, and was sent once more as soon as it was final.
  {
    processes: 1,
    asked: [2_341],
    troubles: [
      { at: 0, what: "reverts", count: 1 },
      { at: 6_956, what: "reorganise", depth: 4, fate: "waits" },
    ],
    dice: 0,
  },
  // A receipt from before a reorganisation, late and shared by viem with a later request, was taken for the final one.
  {
    processes: 1,
    asked: [3_652, 13_058],
    troubles: [
      { at: 230, what: "storeFails", written: true, ms: 5_323 },
      { at: 0, what: "blink" },
      { at: 5_585, what: "reverts", count: 1 },
      { at: 5_584, what: "reorganise", depth: 2, fate: "waits" },
      { at: 16_149, what: "reorganise", depth: 5, fate: "waits" },
      { at: 5_904, what: "storeFails", written: true, ms: 3_487 },
    ],
    dice: 493_096_869,
  },
  // An id found to be new before the other process had the lease and sent it was sent again after.
  {
    processes: 2,
    asked: [0, 7_708, 598],
    troubles: [
      { at: 12_460, what: "pause", process: 0, crossing: 3, ms: 2_644 },
      { at: 1_592, what: "pause", process: 1, crossing: 34, ms: 9_904 },
    ],
    dice: 16,
  },
  // A nonce that another process had seen final was given out again, for the same id, on a count too low: what it had cost was forgotten.
  {
    processes: 2,
    asked: [1_814, 0, 8_808],
    troubles: [
      { at: 1_001, what: "reverts", count: 1 },
      { at: 9_979, what: "lie", by: -1, ms: 1_317 },
      { at: 6_219, what: "storeFails", written: false, ms: 4_450 },
      { at: 0, what: "fees", times: 2, ms: 1_953 },
    ],
    dice: 1_555_012_508,
  },
];
