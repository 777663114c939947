/** Names of a validator's files. */
export interface StorageNames {
  checkpoint(index: number): string;
  readonly latestIndex: string;
  readonly announcement: string;
  readonly metadata: string;
  readonly reorgFlag: string;
  /** Why a checking validator has left leaves out: Herald's own, beside the agents' files. */
  readonly withheld?: string;
}

const common = {
  announcement: "announcement.json",
  metadata: "metadata_latest.json",
  reorgFlag: "reorg_flag.json",
};

/** In a folder (hyperlane-monorepo: rust/main/hyperlane-base/src/types/local_storage.rs), and where a web server shows that folder. */
export const folderNames: StorageNames = {
  ...common,
  checkpoint: (index) => `${index}_with_id.json`,
  latestIndex: "index.json",
  withheld: "withheld.json",
};

/** In a bucket (…/types/{s3,gcs}_storage.rs). */
export const bucketNames: StorageNames = {
  ...common,
  checkpoint: (index) => `checkpoint_${index}_with_id.json`,
  latestIndex: "checkpoint_latest_index.json",
};

/** The storage location of a local folder. */
export function localLocation(folder: string): string {
  return `file://${folder}`;
}
