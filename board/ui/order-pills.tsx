import type { OrderView } from '../../src/contracts/http/order.ts';
import { disputeColour, mainDispute, needsEvidence, STATUS_LOOK } from '../lib/status.ts';
import { useTexts } from '../state/texts.ts';
import { Pill } from './basics.tsx';

export function StatusPill({ status, large = false }: { status: OrderView['status']; large?: boolean }) {
  const { t } = useTexts();
  return (
    <Pill {...STATUS_LOOK[status]} large={large}>
      {t(`status.${status}`)}
    </Pill>
  );
}

/** The status, then fulfilment, refund, return, dispute, and attention last. Never more than five. */
export function OrderPills({ order, large = false }: { order: OrderView; large?: boolean }) {
  const { t, f } = useTexts();
  const dispute = mainDispute(order.disputes);
  const asked = order.returns.some(({ status }) => status === 'requested');
  const onItsWay = order.returns.some(({ status }) => status === 'open');
  const pills = [
    order.partiallyShipped && (
      <Pill key="shipped" colour="flag" icon="truck" large={large}>
        {t('flag.partlyShipped')}
      </Pill>
    ),
    order.partiallyRefunded && (
      <Pill key="refunded" colour="flag" icon="undo" large={large}>
        {t('flag.partlyRefunded')}
      </Pill>
    ),
    (asked || onItsWay || order.partiallyReturned) && (
      <Pill key="return" colour={asked ? 'violet' : onItsWay ? 'blue' : 'flag'} icon="box" large={large}>
        {asked ? t('flag.returnAsked') : onItsWay ? t('flag.returnOpen') : t('flag.partlyReturned')}
      </Pill>
    ),
    dispute && (
      <Pill key="dispute" colour={disputeColour(dispute, Date.now())} icon="flag" large={large}>
        {dispute.outcome === 'won'
          ? t('flag.disputeWon')
          : dispute.outcome === 'lost'
            ? t('flag.disputeLost')
            : dispute.outcome !== undefined
              ? t('flag.disputeClosed')
              : dispute.evidenceDueAt !== undefined && needsEvidence(dispute)
                ? t('flag.disputedDue', { date: f.day(dispute.evidenceDueAt) })
                : t('flag.disputed')}
      </Pill>
    ),
  ].filter((pill) => pill !== false && pill !== undefined);
  return (
    <span class="row wrap pills">
      <StatusPill status={order.status} large={large} />
      {pills.slice(0, order.attention === null ? 4 : 3)}
      {order.attention !== null && (
        <Pill colour="act" icon="alert" large={large}>
          {t('flag.attention')}
        </Pill>
      )}
    </span>
  );
}
