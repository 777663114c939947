/** Waits for one's turn so that no more than `perSecond` come through; a second's worth may come at once (a token bucket). */
export function pace(perSecond: number): () => Promise<void> {
  const spacing = 1_000 / perSecond;
  /** When the bucket is full again. */
  let fullAt = 0;
  return async () => {
    const now = performance.now();
    fullAt = Math.max(fullAt, now) + spacing;
    const wait = fullAt - now - 1_000;
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  };
}
