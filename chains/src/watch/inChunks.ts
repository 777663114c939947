/** Runs `read` for every item, `size` at a time, and returns the results in the items' order. */
export async function inChunks<T, R>(
  items: readonly T[],
  size: number,
  read: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += size) {
    results.push(...(await Promise.all(items.slice(at, at + size).map(read))));
  }
  return results;
}
