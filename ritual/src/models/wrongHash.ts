import { HeraldError } from "@herald/wire/errors";

/** The error for a file whose bytes are not the ones a model id pins. */
export function wrongHash(facts: {
  readonly path: string;
  readonly expected: string | undefined;
  readonly received: string;
}): HeraldError {
  return new HeraldError({
    code: "MODEL_WRONG_HASH",
    message: "A model file does not have the SHA-256 its manifest names, so it is not used.",
    facts,
    fix: "Check where the file came from; delete it and run the setup again.",
    actor: "operator",
    retry: "never",
  });
}
