import type { Info } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** The name under which the SDK records the result of a local activity. */
const LOCAL_ACTIVITY = 'core_local_activity';

/** Waits until the result of this activity is in the history of its workflow. */
export async function waitUntilReported(
  client: Client,
  { activityId, workflowExecution }: Info,
): Promise<void> {
  const request = {
    namespace: client.options.namespace,
    execution: workflowExecution ?? null,
    waitNewEvent: true,
    historyEventFilterType:
      proto.temporal.api.enums.v1.HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT,
  };
  let nextPageToken: Uint8Array | undefined;
  const scheduled = new Set<number>();
  for (;;) {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      ...request,
      ...(nextPageToken && { nextPageToken }),
    });
    for (const event of page.history?.events ?? []) {
      if (event.activityTaskScheduledEventAttributes?.activityId === activityId)
        scheduled.add(Number(event.eventId));
      const completed = event.activityTaskCompletedEventAttributes?.scheduledEventId;
      if (completed != null && scheduled.has(Number(completed))) return;
      if (isResultOf(event, activityId)) return;
    }
    ({ nextPageToken } = page);
    if (nextPageToken.length === 0) return; // the workflow is closed: nothing more is reported
  }
}

function isResultOf(event: HistoryEvent, activityId: string): boolean {
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName !== LOCAL_ACTIVITY) return false;
  const data = marker.details?.['data']?.payloads?.[0]?.data;
  if (!data) return false;
  const recorded: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
  return (
    typeof recorded === 'object' && recorded !== null && Reflect.get(recorded, 'activity_id') === activityId
  );
}
