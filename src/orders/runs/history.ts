import type { google, temporal } from '@temporalio/proto';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
export type Failure = temporal.api.failure.v1.IFailure;
export type Payload = temporal.api.common.v1.IPayload;
type Timestamp = NonNullable<HistoryEvent['eventTime']>;
type Duration = google.protobuf.IDuration;

/** Unix milliseconds, with fractions. */
export const msOf = (time: Timestamp | Duration | null | undefined): number =>
  time ? Number(time.seconds ?? 0) * 1_000 + (time.nanos ?? 0) / 1_000_000 : 0;

export const isoOf = (ms: number): string => new Date(ms).toISOString();

/** What a payload says, where it is JSON; otherwise `undefined`. */
export function jsonOf(payload: Payload | null | undefined): unknown {
  if (!payload?.data) return undefined;
  try {
    return JSON.parse(Buffer.from(payload.data).toString());
  } catch {
    return undefined;
  }
}

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The members of `value`, if it is an object. */
export const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** What the workflow has written at a command, for people who look at its history. */
export const summaryOf = (event: HistoryEvent): string | undefined =>
  textOf(jsonOf(event.userMetadata?.summary));
