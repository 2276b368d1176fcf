import { randomUUID } from 'node:crypto';
import { paint, writeJsonLine, writeLine, type Terminal } from './terminal.ts';

/**
 * The idempotency key of a command that moves money: the given one, or a new one, which is told before anything is sent,
 * so that the command can be repeated if no answer comes.
 */
export function keyOf(given: string | undefined, json: boolean, { stderr }: Terminal): string {
  if (given !== undefined) return given;
  const key = randomUUID();
  if (json) writeJsonLine(stderr, { key });
  else writeLine(stderr, paint(stderr, 'dim', `the same again: --key ${key}`));
  return key;
}
