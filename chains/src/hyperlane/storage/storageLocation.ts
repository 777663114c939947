import { isAbsolute, join } from "node:path";
import { bucketNames, folderNames, type StorageNames } from "./storageNames.js";

/** A validator's announced storage, in the forms the official agents announce. */
export type StorageLocation = { readonly names: StorageNames } & (
  | { readonly kind: "file"; pathOf(name: string): string }
  | { readonly kind: "http"; urlOf(name: string): string }
);

/** Where object stores are asked; `{bucket}` and `{region}` are filled in. */
export interface ObjectStores {
  readonly s3: string;
  readonly gcs: string;
}

/** The stores' public addresses for reading without an account. */
export const publicObjectStores: ObjectStores = {
  s3: "https://{bucket}.s3.{region}.amazonaws.com",
  gcs: "https://storage.googleapis.com/{bucket}",
};

/** Bucket and region become part of a host name or a path: nothing else may be smuggled in with them. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,221}$/;
const REGION = /^[a-z0-9-]{1,32}$/;

/** Takes a location apart; undefined if it is of no known form. */
export function parseStorageLocation(location: string, stores: ObjectStores): StorageLocation | undefined {
  const [, scheme, rest = ""] = /^([a-z0-9]+):\/\/(.*)$/s.exec(location) ?? [];
  if (scheme === "file") {
    // As the agents do: the path is taken as it is, not percent-decoded.
    return isAbsolute(rest) ? { kind: "file", names: folderNames, pathOf: (name) => join(rest, name) } : undefined;
  }
  if (scheme === "https" || scheme === "http") {
    // A web server that shows a validator's folder.
    if (!URL.canParse(location)) return undefined;
    const { search, hash } = new URL(location);
    return search === "" && hash === "" ? below(location, "", folderNames) : undefined;
  }
  if (scheme === "s3") {
    const [bucket = "", region = "", ...folder] = rest.split("/");
    if (!BUCKET.test(bucket) || !REGION.test(region)) return undefined;
    const store = stores.s3.replace("{bucket}", bucket).replace("{region}", region);
    return below(store, folder.join("/"), bucketNames);
  }
  if (scheme === "gs") {
    const [bucket = "", ...folder] = rest.split("/");
    return BUCKET.test(bucket)
      ? below(stores.gcs.replace("{bucket}", bucket), folder.join("/"), bucketNames)
      : undefined;
  }
  return undefined;
}

function below(base: string, folder: string, names: StorageNames): StorageLocation {
  const parts = folder.split("/").filter((part) => part !== "");
  const root = [base.replace(/\/+$/, ""), ...parts.map(encodeURIComponent)].join("/");
  return { kind: "http", names, urlOf: (name) => `${root}/${name}` };
}
