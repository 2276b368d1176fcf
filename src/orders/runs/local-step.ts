import { errorOf } from './errors.ts';
import { jsonOf, membersOf, msOf, textOf, type HistoryEvent } from './history.ts';
import type { RunError } from '../../contracts/http/runs.ts';

const LOCAL_ACTIVITY = 'core_local_activity';

/** A local activity, which the history has only as a marker of its end. */
export interface LocalStep {
  name: string;
  attempts: number;
  /** Workflow time, Unix milliseconds. */
  completedMs: number;
  error: RunError | undefined;
  /** What it has returned: one result for each order. */
  result: unknown;
}

/** Reads the marker of a local activity as the SDK writes it; `undefined` for other markers. */
export function localStepOf(event: HistoryEvent): LocalStep | undefined {
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName !== LOCAL_ACTIVITY) return undefined;
  const data = membersOf(jsonOf(marker.details?.['data']?.payloads?.[0]));
  const name = textOf(data['activity_type']);
  if (name === undefined) return undefined;
  const completed = membersOf(data['complete_time']);
  const attempt = data['attempt'];
  return {
    name,
    attempts: typeof attempt === 'number' && attempt > 0 ? attempt : 1,
    completedMs:
      typeof completed['seconds'] === 'number'
        ? completed['seconds'] * 1_000 + Number(completed['nanos'] ?? 0) / 1_000_000
        : msOf(event.eventTime),
    error: errorOf(marker.failure),
    result: jsonOf(marker.details?.['result']?.payloads?.[0]),
  };
}
