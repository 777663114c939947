import { lookup as resolve } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isLoopbackAddress, isPublicAddress } from "./publicAddress.js";

/**
 * Which servers may be asked. `public`: https at public addresses, for URLs that strangers chose. `loopback`: also servers on this machine, and
 * those by http too. `any`: for URLs the operator chose.
 */
export type Reach = "public" | "loopback" | "any";

export interface FetchRules {
  readonly maxBytes: number;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  readonly reach: Reach;
}

/** GET, or POST of JSON where there is a body. Throws an error in words for people; a status is no error, and a redirect is a status. */
export type BoundedFetch = (url: string, body?: string) => Promise<{ readonly status: number; readonly text: string }>;

/**
 * Creates a fetch of bounded size and time that follows no redirect. The address is checked as it is connected to, so that a name cannot
 * answer differently a second time.
 */
export function createBoundedFetch(rules: FetchRules): BoundedFetch {
  const { maxBytes, timeoutMs, reach } = rules;
  // Of its own: a connection opened under other rules must not serve these.
  const plain = new HttpAgent({ keepAlive: true, maxSockets: 16 });
  const secure = new HttpsAgent({ keepAlive: true, maxSockets: 16 });
  const isAllowed = (address: string, encrypted: boolean) =>
    reach === "any" || (reach === "loopback" && isLoopbackAddress(address)) || (encrypted && isPublicAddress(address));

  function lookup(encrypted: boolean): LookupFunction {
    return (host, options, callback) => {
      resolve(host, { ...options, all: true }, (error, addresses) => {
        const [first] = addresses ?? [];
        if (error !== null) return callback(error, "");
        const refused = addresses.find(({ address }) => !isAllowed(address, encrypted));
        if (refused !== undefined || first === undefined) {
          return callback(new Error(refusal(host, refused?.address ?? "no address")), "");
        }
        if (options.all === true) return callback(null, addresses);
        callback(null, first.address, first.family);
      });
    };
  }

  return async (url, body) => {
    if (!URL.canParse(url)) throw new Error("is no URL");
    const { protocol, hostname, username, password } = new URL(url);
    const encrypted = protocol === "https:";
    if (!encrypted && protocol !== "http:") throw new Error(`speaks ${protocol} and not https`);
    if (username !== "" || password !== "") throw new Error("carries credentials");
    const literal = hostname.replace(/^\[(.*)\]$/, "$1");
    // A literal address is connected to without a look-up.
    if (isIP(literal) !== 0 && !isAllowed(literal, encrypted)) throw new Error(refusal(hostname, literal));
    if (!encrypted && reach === "public") throw new Error("speaks http: and not https");

    const signal = AbortSignal.timeout(timeoutMs);
    const options = {
      method: body === undefined ? "GET" : "POST",
      headers:
        body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      lookup: lookup(encrypted),
      signal,
    };
    return await new Promise((done, fail) => {
      const explain = (error: Error) =>
        fail(signal.aborted ? new Error(`did not answer within ${timeoutMs} ms`, { cause: error }) : error);
      const onResponse = (response: IncomingMessage) => {
        readBounded(response, maxBytes).then(
          (text) => done({ status: response.statusCode ?? 0, text }),
          (error: Error) => {
            response.destroy();
            explain(error);
          },
        );
      };
      const sent = encrypted
        ? httpsRequest(url, { ...options, agent: secure }, onResponse)
        : httpRequest(url, { ...options, agent: plain }, onResponse);
      sent.once("error", explain);
      sent.end(body);
    });
  };
}

async function readBounded(response: IncomingMessage, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response) {
    // CAST: no encoding is set, so that parts are buffers.
    const bytes = part as Buffer;
    length += bytes.length;
    if (length > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString("utf8");
}

function refusal(host: string, address: string): string {
  return `${host} is at ${address}, where nothing is fetched from: only https to public addresses is`;
}
