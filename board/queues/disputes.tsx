import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { stepKind } from '../lib/attention.ts';
import { disputeColour } from '../lib/status.ts';
import { attentionWays } from './attention.tsx';
import { Due, HOUR_MS } from './due.tsx';
import { type Row, money } from './row.tsx';
import { textOr, useTexts } from '../state/texts.ts';
import { Fact, Facts, Id, Pill } from '../ui/basics.tsx';
import { DisputeFacts } from '../ui/dispute-facts.tsx';

/** `order`: with the step that waits for the answer, where it is known. */
export function disputeRow(dispute: DisputeView, order?: OrderView): Row {
  return {
    id: dispute.disputeId,
    to: { page: 'order', orderId: dispute.orderId },
    title: <Id id={dispute.orderId} />,
    state: (
      <Pill colour={disputeColour(dispute, Date.now())} icon="flag">
        {textOr(`disputeReason.${dispute.reason}`, dispute.reason)}
      </Pill>
    ),
    amount: money(dispute.amount, dispute.currency),
    since: dispute.openedAt,
    due: dispute.evidenceDueAt !== undefined && <Due at={dispute.evidenceDueAt} urgentMs={72 * HOUR_MS} />,
    inspect: () => <InspectDispute dispute={dispute} />,
    ...(order?.attention && stepKind(order.attention.step) === 'dispute' && { ways: attentionWays(order) }),
  };
}

function InspectDispute({ dispute }: { dispute: DisputeView }) {
  const { t, f } = useTexts();
  return (
    <>
      <h3>{t('disputes.question', { amount: f.money(dispute.amount, dispute.currency) })}</h3>
      <p class="muted">{t('disputes.how')}</p>
      <Facts>
        <DisputeFacts of={dispute} />
        <Fact name={t('disputes.title')}>
          <Id id={dispute.disputeId} />
        </Fact>
      </Facts>
    </>
  );
}
