import type { LogAction, LogEntry } from '../../src/contracts/http/board.ts';
import { get, withQuery } from '../api/client.ts';
import { hasScope } from '../api/session.ts';
import type { QueueName } from '../lib/queues.ts';
import { useData, useNow } from '../state/data.ts';
import { useTexts } from '../state/texts.ts';
import { ActorName } from '../ui/actor.tsx';

/** By what operators settle an entry of a queue. The others are settled elsewhere, or by themselves. */
const SETTLED_BY: Readonly<Partial<Record<QueueName, readonly LogAction[]>>> = {
  attention: ['attention_resolved'],
  'carrier-lost': ['attention_resolved'],
  review: ['order_reviewed'],
  returns: ['return_opened', 'return_declined', 'return_cancelled', 'return_received', 'return_closed'],
  'dead-letters': ['dead_letter_replayed', 'dead_letter_discarded'],
  webhooks: ['webhooks_recovered', 'webhook_endpoint_changed'],
  'audit-differences': ['audit_started'],
  'payment-unknown': ['payment_checked'],
  holds: ['capture_requested'],
  late: ['shipment_reported', 'shipment_delivered', 'shipment_lost'],
};

/** When an entry of an empty queue was settled last, and by whom, as the log has it. Nothing for a key that may not see the log. */
export function LastSettled({ queue }: { queue: QueueName }) {
  const actions = SETTLED_BY[queue];
  return actions && hasScope('log:read') ? <Last actions={actions} /> : null;
}

function Last({ actions }: { actions: readonly LogAction[] }) {
  const { t, f } = useTexts();
  const now = useNow(15_000);
  const { data } = useData(`settled ${actions.join(' ')}`, async (signal) => {
    const found = await Promise.all(
      actions.map((action) => get<{ data: LogEntry[] }>(withQuery('/v1/log', { action, limit: 1 }), signal)),
    );
    return found.flatMap(({ data: entries }) => entries).sort((a, b) => b.entryId - a.entryId)[0] ?? null;
  });
  if (!data) return null;
  return (
    <>
      <br />
      {t('queue.lastSettled')} <ActorName of={data.actor} />,{' '}
      <time dateTime={data.at} title={f.exact(data.at)}>
        {t('queue.ago', { age: f.age(now - Date.parse(data.at)) })}
      </time>
    </>
  );
}
