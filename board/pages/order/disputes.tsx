import type { OrderView } from '../../../src/contracts/http/order.ts';
import { useTexts } from '../../state/texts.ts';
import { Card, Fact, Facts, When } from '../../ui/basics.tsx';

export function Disputes({ order }: { order: OrderView }) {
  const { t, f } = useTexts();
  return (
    <Card title={t('disputes.title')}>
      <div class="pad">
        {order.disputes.map((dispute) => (
          <Facts key={dispute.disputeId}>
            <Fact name={t('disputes.amount')}>{f.money(dispute.amount, dispute.currency)}</Fact>
            <Fact name={t('disputes.reason')}>
              <code>{dispute.reason}</code>
            </Fact>
            <Fact name={t('disputes.status')}>
              <code>{dispute.status}</code>
            </Fact>
            <Fact name={t('disputes.due')}>
              {dispute.evidenceDueAt !== undefined && <When at={dispute.evidenceDueAt} />}
            </Fact>
            <Fact name={t('disputes.money')}>
              {dispute.fundsWithdrawn ? t('disputes.taken') : t('disputes.notTaken')}
            </Fact>
          </Facts>
        ))}
      </div>
    </Card>
  );
}
