/**
 * `retrying`: the command failed for a reason that may pass, and is retried automatically. `waiting`: for an operator, who
 * replays or discards it.
 */
export const DEAD_LETTER_STATES = ['retrying', 'waiting', 'replayed', 'discarded'] as const;
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];
