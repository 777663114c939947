import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { lieSchema, type ProxyControl } from "./lie.js";

/** What a control URL takes by POST, as JSON. */
export const commandSchema = z.union([
  z.strictObject({ lie: lieSchema }),
  z.strictObject({ lag: z.int().min(0) }),
  z.strictObject({ die: z.literal(true) }),
  z.strictObject({ heal: z.literal(true) }),
]);
export type Command = z.input<typeof commandSchema>;

/** Lets other processes command the proxies of this one. */
export interface ControlServer {
  /** The URL that commands this proxy; `name` such as `base/1`. */
  register(name: string, proxy: ProxyControl): string;
  close(): Promise<void>;
}

/** Opens the control server on a free port of loopback. */
export async function openControlServer(): Promise<ControlServer> {
  const proxies = new Map<string, ProxyControl>();

  async function obey(incoming: IncomingMessage): Promise<number> {
    const proxy = proxies.get((incoming.url ?? "").slice("/proxies/".length));
    if (proxy === undefined) return 404;
    // A web page cannot send this type to another origin without asking first, and is not answered then.
    if (incoming.method !== "POST" || incoming.headers["content-type"] !== "application/json") return 415;
    let text = "";
    for await (const chunk of incoming) text += chunk;
    const command = commandSchema.safeParse(JSON.parse(text));
    if (!command.success) return 400;
    if ("lie" in command.data) await proxy.lie(command.data.lie);
    else if ("lag" in command.data) await proxy.lag(command.data.lag);
    else if ("die" in command.data) await proxy.die();
    else await proxy.heal();
    return 204;
  }

  const server = createServer((incoming, outgoing) => {
    obey(incoming)
      .catch(() => 400)
      // A connection kept open is closed some time later, perhaps while the next command is on its way.
      .then((status) => outgoing.writeHead(status, { connection: "close" }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // CAST: it listens on a TCP port, no pipe.
  return {
    register: (name, proxy) => {
      proxies.set(name, proxy);
      return `http://127.0.0.1:${port}/proxies/${name}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
