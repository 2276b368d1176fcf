import type { OrderView } from '../../../src/contracts/http/order.ts';
import type { Links } from '../../../src/contracts/http/links.ts';
import { linkTo } from '../../lib/runs.ts';
import { useTexts } from '../../state/texts.ts';
import { Card, Fact, Facts } from '../../ui/basics.tsx';
import { DisputeFacts } from '../../ui/dispute-facts.tsx';
import { External } from '../../ui/external.tsx';

/** The disputes of the order. They are answered at the payment provider. */
export function Disputes({ order, links }: { order: OrderView; links: Links }) {
  const { t, f } = useTexts();
  const { paymentIntentId } = order.payment;
  const href = linkTo(links.provider, { paymentIntent: paymentIntentId });
  return (
    <Card
      title={t('disputes.title')}
      more={href !== undefined && <External href={href}>{t('money.provider')}</External>}
    >
      <div class="pad">
        {order.disputes.map((dispute) => (
          <Facts key={dispute.disputeId}>
            <Fact name={t('disputes.amount')}>{f.money(dispute.amount, dispute.currency)}</Fact>
            <DisputeFacts of={dispute} />
          </Facts>
        ))}
      </div>
    </Card>
  );
}
