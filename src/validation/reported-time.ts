import { invalidRequest } from './schema-check.ts';

/** Clocks of other systems may be ahead of ours by this much. Milliseconds. */
const MAX_CLOCK_SKEW_MS = 300_000;
const FIRST_YEAR = 2000;

/**
 * Returns in UTC the time at which something has happened in another system, or what is wrong with it. The format `date-time` of a schema
 * also allows times that PostgreSQL or JavaScript refuse: the year 0, leap seconds, and offsets of more than 15 hours.
 */
export function reportedTime(text: string, now = Date.now()): { time: string } | { message: string } {
  const time = Date.parse(text);
  if (!(time >= Date.UTC(FIRST_YEAR)))
    return { message: `must be a time in or after the year ${FIRST_YEAR}` };
  if (time > now + MAX_CLOCK_SKEW_MS) return { message: 'must not be in the future' };
  return { time: new Date(time).toISOString() };
}

/**
 * The same for a field of a request.
 *
 * @throws {Problem} `invalid_request` naming the field
 */
export function requireReportedTime(field: string, text: string): string {
  const reported = reportedTime(text);
  if ('message' in reported) throw invalidRequest([{ field, message: reported.message }]);
  return reported.time;
}
