import type { OrderEvent, OrderView } from '../../../src/contracts/http/order.ts';
import { stepName } from '../../lib/attention.ts';
import { eventColour, eventDetails, eventName } from '../../lib/events.ts';
import { textOr, useTexts } from '../../state/texts.ts';
import { ActorName } from '../../ui/actor.tsx';
import { Card, Id } from '../../ui/basics.tsx';

/** Newest first, by day. */
export function Events({ events, order }: { events: readonly OrderEvent[]; order: OrderView }) {
  const { t, f } = useTexts();
  const newest = [...events].sort((a, b) => b.sequence - a.sequence);
  const days = new Map<string, OrderEvent[]>();
  for (const event of newest) {
    const day = f.day(event.occurredAt);
    days.set(day, [...(days.get(day) ?? []), event]);
  }
  return (
    <Card class="events" title={t('events.title')} more={t('events.count', { n: events.length })}>
      {[...days].map(([day, ofDay]) => (
        <div key={day}>
          <div class="tl-day">
            {f.isSameDay(new Date(ofDay[0]?.occurredAt ?? 0), new Date()) ? t('events.today') : day}
          </div>
          <ol class="tl">
            {ofDay.map((event) => (
              <EventLine key={event.sequence} event={event} order={order} />
            ))}
          </ol>
        </div>
      ))}
      <div class="endpad" />
    </Card>
  );
}

function EventLine({ event, order }: { event: OrderEvent; order: OrderView }) {
  const { f } = useTexts();
  const name = eventName(event.type);
  const { note = event.reason, step, code, amount, trackingCode } = eventDetails(event.data);
  return (
    <li>
      <time dateTime={event.occurredAt} title={f.exact(event.occurredAt)}>
        {f.clock(event.occurredAt)}
      </time>
      <span class={`pt ${eventColour(event.type)}`} />
      <span>
        {textOr(`event.${name}`, textOr(`status.${name}`, name))}
        {amount !== undefined && <>, {f.money(amount, order.currency)}</>}
        {step !== undefined && (
          <>
            {' '}
            <code title={step}>{stepName(step)}</code>
          </>
        )}
        {code !== undefined && code !== note && (
          <span class="muted" title={code}>
            {' '}
            {textOr(`${name.startsWith('dispute_') ? 'disputeReason' : 'reason'}.${code}`, code)}
          </span>
        )}
        {trackingCode !== undefined && (
          <>
            {' '}
            <Id id={trackingCode} whole />
          </>
        )}
        {note !== undefined && (
          <>
            {' '}
            <q>“{note}”</q>
          </>
        )}
      </span>
      <ActorName of={event.actor} />
    </li>
  );
}
