/** Waits until `condition` holds; the test's own timeout ends a wait in vain. */
export async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
