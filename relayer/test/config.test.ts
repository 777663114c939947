import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode, formatError } from "@herald/wire/errors";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import { clientConfigSchema } from "../src/config/clientConfig.js";
import { fieldsOf } from "../src/config/describeSchema.js";
import { loadConfig } from "../src/config/loadConfig.js";
import { loadSigner } from "../src/config/loadSigner.js";
import { relayerConfigSchema } from "../src/config/relayerConfig.js";
import { validatorConfigSchema } from "../src/config/validatorConfig.js";
import { workerConfigSchema } from "../src/config/workerConfig.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "herald-config-"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const one = `0x${"11".repeat(20)}`;
const reading = (chainId: number) => ({
  chainId,
  providers: [
    { name: "a", url: "http://127.0.0.1:1" },
    { name: "b", url: "http://127.0.0.1:2" },
  ],
  quorum: 2,
});
const good = {
  store: "relayer.sqlite",
  temporal: { address: "127.0.0.1:7233" },
  origins: {
    base: {
      ...reading(31102),
      domain: 31102,
      gateway: one,
      mailbox: one,
      workerSets: one,
      startBlock: 0,
      finality: { type: "finalized" },
      policies: [1],
      signer: { keyFile: "key" },
    },
  },
  hub: {
    ...reading(31979),
    domain: 31979,
    mailbox: one,
    merkleTreeHook: one,
    resultHub: one,
    signer: { keyEnv: "HUB_KEY" },
    validators: [{ address: one, storage: "file:///v" }],
  },
  celestia: { url: "http://127.0.0.1:3", tokenFile: "token", namespace: "686572616c6400000001" },
  workers: [{ name: "w", url: "http://127.0.0.1:4", address: one }],
  payee: one,
};

function load<Schema extends z.ZodType>(config: unknown, schema: Schema): z.output<Schema> {
  const file = join(folder, "herald.json");
  writeFileSync(file, JSON.stringify(config));
  return loadConfig(file, schema);
}

function problemsOf(config: unknown, schema: z.ZodType = relayerConfigSchema): string {
  try {
    load(config, schema);
  } catch (error) {
    return formatError(error).replaceAll(folder, "<folder>");
  }
  throw new Error("the configuration was accepted");
}

describe("the configuration", () => {
  test("a complete one is accepted and filled with its defaults", () => {
    const config = load(good, relayerConfigSchema);
    expect(config.origins.base).toMatchObject({ pollMs: 250, unsafe: false });
    expect(config.admission).toEqual({ maxUnfinal: 1000, maxUnfinalPerRequester: 200 });
  });

  test("fee tokens are listed once each, with a least relay fee beyond what a JSON number holds", () => {
    const take = (...feeTokens: readonly unknown[]) => ({
      ...good,
      origins: { base: { ...good.origins.base, feeTokens } },
    });
    const token = { token: one, minRelayFee: "1000000000000000000" };
    const config = load(take(token), relayerConfigSchema);
    expect(config.origins.base?.feeTokens).toMatchObject([{ minRelayFee: 10n ** 18n }]);
    expect(load(good, relayerConfigSchema).origins.base?.feeTokens).toEqual([]);
    expect(problemsOf(take(token, token))).toMatch(/feeTokens\.1\.token .*entry 0 has the same token/);
    expect(problemsOf(take({ ...token, minRelayFee: "1e18" }))).toMatch(/minRelayFee +expected a whole number as text/);
  });

  test("every problem is reported at once, with its path and the expected form", () => {
    const bad = {
      ...good,
      temporal: { address: "localhost" },
      origins: { base: { ...good.origins.base, quorum: 1, gateway: "0x12", finality: { type: "soon" } } },
      workers: [],
      stor: "x",
    };
    expect(problemsOf(bad)).toMatchInlineSnapshot(`
      "CONFIG_INVALID  The configuration has 6 problems; nothing was started.

        file                        <folder>/herald.json
        temporal.address            expected host:port
        origins.base.gateway        expected an address: 0x and 40 hex digits
        origins.base.finality.type  expected { "type": "finalized" }, { "type": "safe" } or { "type": "latest", "confirmations": N }
        origins.base.quorum         expected more than half of the 2 providers; received 1
        workers                     expected at least one worker
        stor                        unknown key; check its spelling

      Fix: Correct each path named above."
    `);
  });

  test("what is missing says what it should be, and twins are named", async () => {
    const { store: _none, ...without } = good;
    const [provider] = good.origins.base.providers;
    const twins = { ...good.origins.base, providers: [provider, provider] };
    const bad = { ...without, origins: { base: twins, again: good.origins.base }, celestia: { tokenFile: 3 } };
    const problems = problemsOf(bad);
    expect(problems).toMatch(/ store +missing; expected text/);
    expect(problems).toMatch(/ celestia\.url +missing; expected an http/);
    expect(problems).toMatch(/ celestia\.tokenFile +expected text/);
    expect(problems).toMatch(/ origins\.base\.providers\.1\.name .*entry 0 has the same name/);
    expect(problems).toMatch(/ origins\.base\.providers\.1\.url .*entry 0 has the same url/);
    expect(problems).toMatch(/ origins\.again\.chainId .*base has the same chainId/);
    expect(problems).not.toContain("Invalid input");
  });

  test("the reference names every key with its form", () => {
    const fields = new Map(fieldsOf(relayerConfigSchema).map((it) => [it.path, it]));
    expect(fields.get("origins.<name>.gateway")).toMatchObject({
      form: "an address: 0x and 40 hex digits",
      required: true,
    });
    expect(fields.get("workerTimeoutMs")).toMatchObject({ required: false, standard: "60000" });
    expect(fields.get("hub.chainId")?.form).toBe("a whole number, 1 or more");
    expect(fields.get("workers[].address")?.meaning).toMatch(/signs/);
    for (const { path, form, meaning } of fields.values()) {
      expect(form, path).not.toBe("a value");
      expect(form.startsWith("an object") || meaning !== undefined, path).toBe(true);
    }
  });

  test("one provider alone needs the word unsafe", () => {
    const alone = { ...good.origins.base, providers: [good.origins.base.providers[0]], quorum: 1 };
    expect(problemsOf({ ...good, origins: { base: alone } })).toContain('one provider alone needs "unsafe": true');
    expect(
      load({ ...good, origins: { base: { ...alone, unsafe: true } } }, relayerConfigSchema).origins.base?.unsafe,
    ).toBe(true);
  });

  test("a file that is not JSON is named", () => {
    const file = join(folder, "broken.json");
    writeFileSync(file, "{");
    expect(() => loadConfig(file, relayerConfigSchema)).toThrowError(/cannot be read as JSON/);
  });

  test("a key is read from its file or variable, and never shown", () => {
    const secret = `0x${"ab".repeat(32)}`;
    writeFileSync(join(folder, "key"), `${secret}\n`);
    expect(loadSigner(join(folder, "herald.json"), { keyFile: "key" }, "hub.signer").address).toMatch(/^0x/);
    writeFileSync(join(folder, "key"), `${secret}ff`);
    try {
      loadSigner(join(folder, "herald.json"), { keyFile: "key" }, "hub.signer");
      expect.unreachable();
    } catch (error) {
      expect(formatError(error)).toContain("does not hold 0x and 64 hex digits");
      expect(formatError(error)).toMatch(/path +hub\.signer/);
      expect(formatError(error)).toContain("Fix: Write a private key there");
      expect(formatError(error)).not.toContain("abab");
    }
  });

  // The test vectors of the Web3 Secret Storage definition.
  const scrypt = {
    ...{ cipher: "aes-128-ctr", cipherparams: { iv: "83dbcc02d8ccb40e466191a123791e0e" } },
    ciphertext: "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
    kdf: "scrypt",
    kdfparams: {
      ...{ dklen: 32, n: 262_144, p: 8, r: 1 },
      salt: "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
    },
    mac: "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
  };
  const pbkdf2 = {
    ...{ cipher: "aes-128-ctr", cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" } },
    ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
    kdf: "pbkdf2",
    kdfparams: {
      ...{ c: 262_144, dklen: 32, prf: "hmac-sha256" },
      salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
    },
    mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
  };
  const vectorAddress = privateKeyToAddress("0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d");

  test.each([
    ["scrypt", { crypto: scrypt }],
    ["pbkdf2", { Crypto: pbkdf2 }],
  ])("an encrypted keystore gives its key: %s", (name, content) => {
    writeFileSync(join(folder, name), JSON.stringify({ ...content, version: 3 }));
    writeFileSync(join(folder, "passphrase"), "testpassword\n");
    const signer = { keystore: name, passwordFile: "passphrase" };
    expect(loadSigner(join(folder, "herald.json"), signer, "signer").address).toBe(vectorAddress);
  });

  test.each([
    [/passphrase is wrong/, { crypto: scrypt, version: 3 }, "another"],
    [/passphrase is wrong/, { crypto: { ...pbkdf2, mac: scrypt.mac }, version: 3 }, "testpassword"],
    [/not that of the address/, { crypto: pbkdf2, version: 3, address: "11".repeat(20) }, "testpassword"],
    [/no keystore of version 3.*version/, { crypto: scrypt, version: 1 }, "testpassword"],
    [/512 MiB/, { crypto: { ...scrypt, kdfparams: { ...scrypt.kdfparams, n: 2 ** 30 } }, version: 3 }, "testpassword"],
    [/not JSON/, "0x1234", "testpassword"],
  ])("a keystore that cannot be opened says why: %s", (why, content, passphrase) => {
    writeFileSync(join(folder, "store"), typeof content === "string" ? `${content}{` : JSON.stringify(content));
    vi.stubEnv("HERALD_TEST_PASSPHRASE", passphrase);
    const signer = { keystore: "store", passwordEnv: "HERALD_TEST_PASSPHRASE" };
    try {
      loadSigner(join(folder, "herald.json"), signer, "hub.signer");
      expect.unreachable();
    } catch (error) {
      expect(errorCode(error)).toBe("CONFIG_KEY_UNUSABLE");
      expect(formatError(error)).toMatch(why);
      expect(formatError(error)).toMatch(/path +hub\.signer/);
      expect(formatError(error)).not.toContain("testpassword");
    }
  });
});

describe("the other configurations", () => {
  const worker = { name: "w", signer: { keyFile: "k" }, payee: one, port: 0, models: ["language-detection"] };
  const { providers, quorum } = reading(31979);
  const validator = {
    ...{ name: "v", chain: "ritual", chainId: 31979, providers, quorum, domain: 31979, mailbox: one },
    ...{ merkleTreeHook: one, validatorAnnounce: one, signer: { keyFile: "k" }, storage: "v", reorgPeriod: 1 },
  };
  const origin = { chainId: 31102, rpc: "http://127.0.0.1:1", gateway: one, dapp: one };
  const client = { portFile: "p", policyId: 1, origins: { base: origin }, signer: { keyFile: "k" } };

  test("complete ones are accepted", () => {
    expect(load(worker, workerConfigSchema)).toMatchObject({ host: "127.0.0.1", models: ["language-detection"] });
    expect(load(validator, validatorConfigSchema)).toMatchObject({ unsafe: false, reorgPeriod: 1 });
    expect(load(client, clientConfigSchema).origins.base?.chainId).toBe(31102);
  });

  test("a worker's problems are reported at once", () => {
    expect(
      problemsOf({ ...worker, payee: "0x", port: 70000, models: ["gpt"] }, workerConfigSchema),
    ).toMatchInlineSnapshot(`
        "CONFIG_INVALID  The configuration has 3 problems; nothing was started.

          file      <folder>/herald.json
          payee     expected an address: 0x and 40 hex digits
          port      expected a port from 0 to 65535
          models.0  expected one of smollm2-135m-instruct, language-detection

        Fix: Correct each path named above."
      `);
  });

  test("a validator keeps to a quorum too", () => {
    expect(problemsOf({ ...validator, quorum: 1, reorgPeriod: -1 }, validatorConfigSchema)).toMatchInlineSnapshot(`
      "CONFIG_INVALID  The configuration has 2 problems; nothing was started.

        file         <folder>/herald.json
        reorgPeriod  expected how many blocks a checkpoint waits
        quorum       expected more than half of the 2 providers; received 1

      Fix: Correct each path named above."
    `);
  });

  test("a validator that checks results names the chains it confirms them on, each with a quorum of its own", () => {
    const base = { ...reading(31102), domain: 31102, gateway: one, finality: { type: "safe" } };
    const checks = { resultHub: one, origins: { base } };
    expect(load({ ...validator, checks }, validatorConfigSchema).checks?.origins.base?.quorum).toBe(2);
    const weak = { resultHub: one, origins: { base: { ...base, quorum: 1, finality: { type: "soon" } } } };
    expect(problemsOf({ ...validator, checks: weak }, validatorConfigSchema)).toMatchInlineSnapshot(`
      "CONFIG_INVALID  The configuration has 2 problems; nothing was started.

        file                               <folder>/herald.json
        checks.origins.base.finality.type  expected { "type": "finalized" }, { "type": "safe" } or { "type": "latest", "confirmations": N }
        checks.origins.base.quorum         expected more than half of the 2 providers; received 1

      Fix: Correct each path named above."
    `);
    expect(problemsOf({ ...validator, checks: { resultHub: one, origins: {} } }, validatorConfigSchema)).toContain(
      "expected at least one origin chain",
    );
  });

  test("a client needs to know where its relayer is", () => {
    const { portFile: _none, ...without } = client;
    expect(problemsOf({ ...without, policyId: 0 }, clientConfigSchema)).toMatchInlineSnapshot(`
      "CONFIG_INVALID  The configuration has 2 problems; nothing was started.

        file        <folder>/herald.json
        policyId    expected the policy's number
        relayerApi  expected relayerApi (a URL) or portFile (a path)

      Fix: Correct each path named above."
    `);
  });
});
