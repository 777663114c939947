import { z } from "zod";

/** One key of a configuration file, for people. */
export interface ConfigField {
  /** Such as `origins.<name>.gateway`. */
  readonly path: string;
  /** What its value must look like. */
  readonly form: string;
  readonly required: boolean;
  /** JSON of what holds where it is left out. */
  readonly standard: string | undefined;
  readonly meaning: string | undefined;
}

interface Unwrapped {
  readonly inner: z.core.$ZodType;
  readonly required: boolean;
  readonly standard: string | undefined;
}

/** Every key a configuration may hold, in the order of its schema. */
export function fieldsOf(schema: z.core.$ZodType, path = ""): ConfigField[] {
  const { inner } = unwrap(schema);
  const below = (key: string): string => (path === "" ? key : `${path}.${key}`);
  if (inner instanceof z.ZodObject) {
    return Object.entries<z.core.$ZodType>(inner.shape).flatMap(([key, field]) => [
      fieldOf(below(key), field),
      ...fieldsOf(field, below(key)),
    ]);
  }
  if (inner instanceof z.ZodRecord) return fieldsOf(inner.valueType, below("<name>"));
  if (inner instanceof z.ZodArray) return fieldsOf(inner.element, `${path}[]`);
  return [];
}

/** What the value at a path of a configuration must look like; undefined for a path the schema does not have. */
export function formAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string | undefined {
  const field = schemaAt(schema, path);
  return field === undefined ? undefined : formOf(field);
}

function fieldOf(path: string, schema: z.core.$ZodType): ConfigField {
  const { required, standard } = unwrap(schema);
  return { path, form: formOf(schema), required, standard, meaning: meaningOf(schema) };
}

function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const { inner } = unwrap(schema);
  const next: z.core.$ZodType | undefined =
    inner instanceof z.ZodObject
      ? inner.shape[String(key)]
      : inner instanceof z.ZodRecord
        ? inner.valueType
        : inner instanceof z.ZodArray
          ? inner.element
          : undefined;
  return next === undefined ? undefined : schemaAt(next, rest);
}

/** The schema below what makes it optional, gives it a default or transforms it. */
function unwrap(schema: z.core.$ZodType): Unwrapped {
  let inner = schema;
  let required = true;
  let standard: string | undefined;
  for (;;) {
    if (inner instanceof z.ZodOptional || inner instanceof z.ZodExactOptional) required = false;
    else if (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
      required = false;
      // An object that may be left out has its keys' own defaults.
      standard = inner instanceof z.ZodPrefault ? undefined : JSON.stringify(inner.def.defaultValue);
    } else if (inner instanceof z.ZodPipe) {
      inner = inner.def.in;
      continue;
    } else return { inner, required, standard };
    inner = inner.def.innerType;
  }
}

type MayBeLeftOut = z.ZodOptional | z.ZodExactOptional | z.ZodDefault | z.ZodPrefault;

function mayBeLeftOut(it: z.core.$ZodType): it is MayBeLeftOut {
  return [z.ZodOptional, z.ZodExactOptional, z.ZodDefault, z.ZodPrefault].some((kind) => it instanceof kind);
}

function meaningOf(schema: z.core.$ZodType): string | undefined {
  for (let it = schema; ; it = it.def.innerType) {
    const { description } = z.globalRegistry.get(it) ?? {};
    if (description !== undefined) return description;
    if (!mayBeLeftOut(it)) return undefined;
  }
}

/** The `form` a field was given, also where it was described, made optional or transformed after that; else what its type says. */
function formOf(schema: z.core.$ZodType): string {
  for (let it = schema; ; ) {
    const { form } = z.globalRegistry.get(it) ?? {};
    if (typeof form === "string") return form;
    if (it instanceof z.ZodPipe) it = it.def.in;
    else if (mayBeLeftOut(it)) it = it.def.innerType;
    else return formOfType(it);
  }
}

function formOfType(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodNumber) return numberForm(schema);
  if (schema instanceof z.ZodString) return "text";
  if (schema instanceof z.ZodBoolean) return "true or false";
  if (schema instanceof z.ZodEnum) return `one of ${schema.options.join(", ")}`;
  if (schema instanceof z.ZodArray) return `a list, each entry ${formOf(schema.element)}`;
  if (schema instanceof z.ZodRecord) return "an object with one entry for each name";
  if (schema instanceof z.ZodObject) return `an object with ${Object.keys(schema.shape).join(", ")}`;
  return "a value";
}

function numberForm({ minValue, maxValue, def }: z.ZodNumber): string {
  const above = def.checks?.some((it) => it instanceof z.core.$ZodCheckGreaterThan && isAbove(it, minValue));
  const least = minValue === null || minValue < Number.MIN_SAFE_INTEGER + 1 ? undefined : minValue + (above ? 1 : 0);
  const most = maxValue === null || maxValue > Number.MAX_SAFE_INTEGER - 1 ? undefined : maxValue;
  if (least !== undefined && most !== undefined) return `a whole number from ${least} to ${most}`;
  return least === undefined ? "a whole number" : `a whole number, ${least} or more`;
}

function isAbove(check: z.core.$ZodCheckGreaterThan, least: number | null): boolean {
  return !check._zod.def.inclusive && check._zod.def.value === least;
}
