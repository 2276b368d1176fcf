import { useState } from 'preact/hooks';
import type { OrderEvent, OrderView } from '../../../src/contracts/http/order.ts';
import { hasScope } from '../../api/session.ts';
import { shortId } from '../../lib/ids.ts';
import { useOrder } from '../../state/order.ts';
import { useLinks, useRuns } from '../../state/runs.ts';
import { useTexts } from '../../state/texts.ts';
import { Id, NeedsScope, ProblemNote, Skeleton, useTitle } from '../../ui/basics.tsx';
import type { Opened } from '../../ui/dialog.tsx';
import { Crumbs } from './crumbs.tsx';
import { CustomerCard } from './customer-card.tsx';
import { dialogsOf } from './dialogs.tsx';
import { Disputes } from './disputes.tsx';
import { Elsewhere } from './elsewhere.tsx';
import { Events } from './events.tsx';
import { Head } from './head.tsx';
import { InReview } from './in-review.tsx';
import { Lines } from './lines.tsx';
import { Mails } from './mails.tsx';
import { Money } from './money.tsx';
import { Parked } from './parked.tsx';
import { Returns } from './returns.tsx';
import { Runs } from './runs.tsx';
import { Shipments } from './shipments.tsx';

export const OrderPage = ({ orderId }: { orderId: string }) => (
  <NeedsScope scope="orders:read">
    <Order key={orderId} orderId={orderId} />
  </NeedsScope>
);

function Order({ orderId }: { orderId: string }) {
  const { t } = useTexts();
  useTitle(shortId(orderId));
  const { order, events, problem, refresh } = useOrder(orderId);
  if (order === undefined) {
    if (problem === undefined) return <Skeleton rows={10} />;
    return problem.status === 404 ? (
      <>
        <Crumbs orderId={orderId} />
        <h1>{t('order.none')}</h1>
        <p class="muted">
          <Id id={orderId} whole />
        </p>
      </>
    ) : (
      <ProblemNote problem={problem} retry={refresh} />
    );
  }
  return (
    <>
      {problem && <ProblemNote problem={problem} retry={refresh} />}
      <Loaded order={order} events={events} refresh={refresh} />
    </>
  );
}

function Loaded({
  order,
  events,
  refresh,
}: {
  order: OrderView;
  events: readonly OrderEvent[];
  refresh: () => void;
}) {
  const { t } = useTexts();
  const [asked, setAsked] = useState<Opened>();
  const links = useLinks();
  const runs = useRuns(order.orderId, events.length);
  const dialogs = dialogsOf(
    order,
    () => {
      refresh();
      runs.refresh();
    },
    setAsked,
  );
  // The order has the oldest step that is parked; the runs have all of them.
  const parked = runs.data?.parked ?? (order.attention === null ? [] : [order.attention]);
  return (
    <>
      <Head order={order} dialogs={dialogs} />
      <InReview order={order} />
      <Parked order={order} parked={order.attention === null ? [] : parked} dialogs={dialogs} />
      <div class="two order">
        <div class="stack">
          <Runs runs={runs} links={links} refunds={order.refunds} />
          <Lines order={order} />
          <Money order={order} events={events} links={links} />
          <Events events={events} order={order} />
        </div>
        <aside class="stack" aria-label={t('order.more')}>
          <CustomerCard order={order} />
          {order.shipments.length > 0 && <Shipments shipments={order.shipments} dialogs={dialogs} />}
          {order.returns.length > 0 && <Returns returns={order.returns} dialogs={dialogs} />}
          {order.disputes.length > 0 && <Disputes order={order} links={links} />}
          {hasScope('mails:read') && <Mails order={order} dialogs={dialogs} events={events.length} />}
          <Elsewhere order={order} links={links} runs={runs.data?.runs ?? []} />
        </aside>
      </div>
      {asked?.show(() => {
        setAsked(undefined);
      })}
    </>
  );
}
