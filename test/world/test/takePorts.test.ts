import { createServer } from "node:net";
import { expect, test } from "vitest";
import { isFree, takePorts } from "../src/takePorts.js";

test("no port is given to two worlds at once, and every port can be listened on", async () => {
  // A quarter of all blocks: by chance alone some of them would meet.
  const all = await Promise.all(Array.from({ length: 180 }, () => takePorts(8)));
  try {
    const ports = all.flatMap((it) => it.ports);
    expect(new Set(ports).size).toBe(180 * 8);
    for (const port of ports) expect({ port, free: await isFree(port) }).toEqual({ port, free: true });
  } finally {
    await Promise.all(all.map((it) => it.release()));
  }
});

test("a port that something listens on is not given", async () => {
  const first = await takePorts(2);
  const [busy = 0, next = 0] = first.ports;
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(busy, "127.0.0.1", resolve));
  await first.release();
  const others = await Promise.all(Array.from({ length: 180 }, () => takePorts(2)));
  expect(others.flatMap((it) => it.ports)).not.toContain(busy);
  expect(others.flatMap((it) => it.ports)).not.toContain(next);
  await Promise.all(others.map((it) => it.release()));
  squatter.close();
});
