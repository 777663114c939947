import { type Stage, stages } from "@herald/wire/lifecycle";

/** Milliseconds from the moment an independent observer saw the request's block to each stage. */
export type StageTimes = Partial<Record<Stage, number>>;

/** Herald's own stage instants, told from the observer's first sight of the request; `delivered` is the observer's. */
export function stageTimes(
  reported: Readonly<Partial<Record<Stage, number>>>,
  seenAt: number,
  deliveredAt: number | undefined,
): StageTimes {
  const instants = { ...reported, ...(deliveredAt === undefined ? {} : { delivered: deliveredAt }) };
  return Object.fromEntries(
    stages.flatMap((stage) => {
      const at = instants[stage];
      return at === undefined ? [] : [[stage, at - seenAt]];
    }),
  );
}
