import { ApplicationFailure } from '@temporalio/workflow';
import { ACTOR_TYPES, type Actor } from '../../contracts/actor.ts';
import { INVALID_INPUT_FAILURE } from '../../contracts/temporal/messages.ts';

/**
 * Checks of what signals and updates are given. Anyone who reaches Temporal can send them, for example with
 * `temporal workflow signal`, with any input or none. An error that a handler throws would fail the workflow task, which Temporal then
 * retries for ever.
 */

/** UTF-16 units. More than any text that the API lets through has. */
const MAX_TEXT_LENGTH = 2_000;
/** Neither can be stored in PostgreSQL. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** The members of an input; none if it is no object. */
export const membersOf = (input: unknown): Readonly<Record<string, unknown>> =>
  typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : {};

/** Whether the input is an object, or absent: what an update may have that needs nothing. */
export const isOptionalObject = (input: unknown): boolean =>
  input === undefined || (typeof input === 'object' && input !== null && !Array.isArray(input));

/** Whether the value is a text that can be passed on and stored. */
export const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH && !UNSTORABLE.test(value);

export const isOptionalText = (value: unknown): value is string | undefined =>
  value === undefined || isText(value);

const ACTOR_MEMBERS: readonly string[] = ['type', 'id', 'sessionId', 'name', 'batchId'];

export const isActor = (value: unknown): value is Actor =>
  value !== undefined &&
  Object.entries(membersOf(value)).every(
    ([name, member]) => ACTOR_MEMBERS.includes(name) && isText(member),
  ) &&
  ACTOR_TYPES.some((type) => type === membersOf(value)['type']);

export const isOptionalActor = (value: unknown): value is Actor | undefined =>
  value === undefined || isActor(value);

/** The failure that rejects an update whose input is missing or wrong. */
export const invalidInput = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, INVALID_INPUT_FAILURE);
