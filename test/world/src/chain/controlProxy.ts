import { HeraldError } from "@herald/wire/errors";
import type { Command } from "./controlServer.js";
import type { ProxyControl } from "./lie.js";

/**
 * Commands a proxy that runs in another process, by the control URL in `world.json`.
 * @throws HeraldError WORLD_CONTROL_REFUSED from each of its methods
 */
export function controlProxy(controlUrl: string): ProxyControl {
  async function send(command: Command): Promise<void> {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(controlUrl, { method: "POST", headers, body: JSON.stringify(command) });
    if (answer.ok) return;
    throw new HeraldError({
      code: "WORLD_CONTROL_REFUSED",
      message: "The proxy did not take the command.",
      facts: { controlUrl, command, status: answer.status },
      fix: "Check the control URL in world.json and the form of the command.",
      actor: "user",
      retry: "never",
    });
  }
  return {
    lie: (rule) => send({ lie: rule }),
    lag: (ms) => send({ lag: ms }),
    die: () => send({ die: true }),
    heal: () => send({ heal: true }),
  };
}
