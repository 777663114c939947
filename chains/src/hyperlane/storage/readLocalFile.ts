import { open } from "node:fs/promises";

/** Reads a file of at most `maxBytes`; undefined if there is none. */
export async function readLocalFile(path: string, maxBytes: number): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new Error(`${size} bytes, at most ${maxBytes} are allowed`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}
