import type { BrakeKind, OrderOrigin } from '../brakes.ts';

/** A brake that is on, as a process knows it. */
export interface BrakeOn {
  readonly brakeId: number;
  readonly kind: BrakeKind;
  readonly target: string;
}

/**
 * The brakes that are on, in the memory of this process: a look at them costs nothing that can be measured. They are at most a second old;
 * while PostgreSQL cannot be reached, those that were on last stay on.
 */
export interface Brakes {
  /** The brake that pauses new orders from there, if one is on. */
  intake(origin: OrderOrigin): BrakeOn | undefined;
  /** The brake that pauses calls which take money, if one is on. */
  provider(): BrakeOn | undefined;
  /** The brake that pauses the sale of the item, if one is on. */
  sku(sku: string): BrakeOn | undefined;
  /** All that are on. */
  all(): readonly BrakeOn[];
  /** Counts an order or a message that the brake has refused or delayed. It is written later, together with others. */
  count(brake: BrakeOn): void;
  /** Calls the listener after each change of the brakes that are on, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** Where nothing is ever paused. */
export const NO_BRAKES: Brakes = {
  intake: () => undefined,
  provider: () => undefined,
  sku: () => undefined,
  all: () => [],
  count: () => undefined,
  onChange: () => () => undefined,
};
