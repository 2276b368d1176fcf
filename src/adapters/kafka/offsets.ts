/** Tracks which offset of a partition may be committed while its messages are handled in any order. */
export interface PartitionOffsets {
  /** Returns false if the message is being handled or has been handled: Kafka has delivered it again. */
  begin(offset: bigint): boolean;
  done(offset: bigint): void;
  /** Returns the offset below which every message is handled, or `undefined` if that offset is committed already. */
  toCommit(): bigint | undefined;
  committed(offset: bigint): void;
  /** The partition is assigned to another member now. */
  lost(): void;
  /**
   * Makes the last commit due again, unless the partition was lost since: then another member may have committed more. A commit that the
   * client repeats after a rebalance, on behalf of the member that had the partition before, can set back what its new owner has committed.
   */
  repeat(): void;
}

/**
 * The offsets outlive rebalances: after one, the same member may get a partition again, from the committed offset, while it still
 * handles messages from before. Every message between the first one and the last one that was begun was either delivered here or
 * committed by another member. So every message below the oldest one in progress is handled.
 */
export function createPartitionOffsets(): PartitionOffsets {
  /** In order of the offsets, because Kafka delivers in that order. */
  const inProgress = new Set<bigint>();
  let highest: bigint | undefined;
  let lastCommitted: bigint | undefined;
  let isOwned = false;

  const next = (): bigint | undefined => {
    const [oldest] = inProgress;
    return oldest ?? (highest === undefined ? undefined : highest + 1n);
  };

  return {
    begin(offset) {
      if (highest !== undefined && offset <= highest) return false;
      inProgress.add(offset);
      highest = offset;
      return true;
    },
    done(offset) {
      inProgress.delete(offset);
    },
    toCommit() {
      const offset = next();
      return offset === lastCommitted ? undefined : offset;
    },
    committed(offset) {
      lastCommitted = offset;
      isOwned = true;
    },
    lost() {
      isOwned = false;
    },
    repeat() {
      if (isOwned) lastCommitted = undefined;
    },
  };
}
