import type { BlobJournal, BlobRecord, PublishedBlob } from "@herald/da/blobJournal";
import { parseNamespace } from "@herald/da/namespace";
import type { Json } from "@herald/wire/canonicalJson";

/** A journal in the notes of the batch; `publishBlobs` writes one record per batch. */
export function notesJournal(notes: Json, save: (notes: Json) => Promise<void>): BlobJournal {
  let current = notes === null ? undefined : recordFromJson(notes);
  return {
    load: async (batch) => (current?.batch === batch ? current : undefined),
    save: async (record) => {
      current = record;
      await save(recordToJson(record));
    },
  };
}

function recordToJson(record: BlobRecord): Json {
  return {
    ...record,
    fromHeight: record.fromHeight.toString(),
    sentAt: record.sentAt?.toString() ?? null,
    published: record.published?.map((blob) => ({ ...blob, height: blob.height.toString() })) ?? null,
  };
}

type RecordJson = Omit<BlobRecord, "fromHeight" | "sentAt" | "published"> & {
  readonly fromHeight: string;
  readonly sentAt: string | null;
  readonly published: readonly (Omit<PublishedBlob, "height"> & { readonly height: string })[] | null;
};

function recordFromJson(notes: Json): BlobRecord {
  // CAST: written by recordToJson, the only writer of an evidence batch's notes.
  const json = notes as unknown as RecordJson;
  return {
    batch: json.batch,
    namespace: parseNamespace(json.namespace),
    commitments: json.commitments,
    fromHeight: BigInt(json.fromHeight),
    sentAt: json.sentAt === null ? null : BigInt(json.sentAt),
    published: json.published?.map((blob) => ({ ...blob, height: BigInt(blob.height) })) ?? null,
  };
}
