import { randomUUID } from 'node:crypto';
import { paint, writeJsonLine, writeLine, type Terminal } from '../output/terminal.ts';

/**
 * The idempotency key of a command that moves money: the given key, or a new one. A new key is printed before the request is
 * sent, so that the command can be repeated with it when no answer comes.
 */
export function keyOf(given: string | undefined, json: boolean, { stderr }: Terminal): string {
  if (given !== undefined) return given;
  const key = randomUUID();
  if (json) writeJsonLine(stderr, { key });
  else writeLine(stderr, paint(stderr, 'dim', `To repeat this command safely, add --key ${key}`));
  return key;
}
