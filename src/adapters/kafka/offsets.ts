/** What may be committed of one partition while its messages are done in any order. */
export interface PartitionOffsets {
  /** False if the message is in hand or done already: it has been delivered again. */
  begin(offset: bigint): boolean;
  done(offset: bigint): void;
  /** Everything below is done; `undefined` if that is committed already. */
  toCommit(): bigint | undefined;
  committed(offset: bigint): void;
}

/**
 * After a rebalance the same member may get a partition anew, from what was committed, while it still works on what came
 * before; so this outlives rebalances. Everything between the first message and the last one that was begun has been delivered
 * here, or was committed by another member: what is below the oldest in hand is done, whoever did it.
 */
export function createPartitionOffsets(): PartitionOffsets {
  /** In the order of their offsets, which is that of their delivery. */
  const inHand = new Set<bigint>();
  let highest: bigint | undefined;
  let known: bigint | undefined;

  const next = (): bigint | undefined => {
    const [oldest] = inHand;
    return oldest ?? (highest === undefined ? undefined : highest + 1n);
  };

  return {
    begin(offset) {
      if (highest !== undefined && offset <= highest) return false;
      inHand.add(offset);
      highest = offset;
      return true;
    },
    done(offset) {
      inHand.delete(offset);
    },
    toCommit() {
      const offset = next();
      return offset === known ? undefined : offset;
    },
    committed(offset) {
      known = offset;
    },
  };
}
