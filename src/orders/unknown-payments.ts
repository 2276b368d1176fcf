/** Counts the events of the payment provider that name an order which is not known here. */
export interface UnknownPayments {
  record(): void;
  /** How many since this process started. */
  count(): number;
}

/** Keeps the count in the memory of this process. */
export function createUnknownPayments(): UnknownPayments {
  let count = 0;
  return {
    record() {
      count += 1;
    },
    count: () => count,
  };
}
