import type { OrderView } from '../../src/contracts/http/order.ts';
import { Due } from './due.tsx';
import { type Row, askFor, money, orderBase } from './row.tsx';
import { textOr, useTexts } from '../state/texts.ts';
import { Fact, Facts, When } from '../ui/basics.tsx';
import { BatchButton } from '../ui/batch-button.tsx';
import { reviewAction } from '../ui/order-actions.tsx';

/** The head of the queue, with a batch of everything in it. */
export function ReviewTitle() {
  const { t } = useTexts();
  return (
    <div class="row">
      <span class="grow clip">{t('queue.review')}</span>
      <BatchButton
        actions={['approve', 'reject']}
        choices={[{ text: t('batch.everything'), orders: { query: { queue: 'review' } } }]}
      />
    </div>
  );
}

export function reviewRow(order: OrderView): Row {
  return {
    ...orderBase(order),
    amount: money(order.total, order.currency),
    since: order.createdAt,
    due: order.review && <Due at={order.review.deadline} />,
    inspect: () => <InspectReview order={order} />,
    ways: (['approve', 'reject'] as const).map((decision) => ({
      key: decision === 'approve' ? 'a' : 'n',
      scope: 'orders:review',
      verb: textOr(`review.${decision}.verb`, decision),
      text: textOr(`review.${decision}.short`, ''),
      dialog: askFor((done) => reviewAction(order, decision, done)),
    })),
  };
}
export const byDeadline = (a: Row, b: Row): number =>
  (a.order?.review?.deadline ?? '').localeCompare(b.order?.review?.deadline ?? '');

function InspectReview({ order }: { order: OrderView }) {
  const { t, f } = useTexts();
  return (
    <>
      <h3>{t('review.question', { amount: f.money(order.total, order.currency) })}</h3>
      <Facts>
        <Fact name={t('review.reasons')}>
          {order.review?.reasons.map((reason) => (
            <div key={reason}>{textOr(`reviewReason.${reason}`, reason)}</div>
          ))}
        </Fact>
        <Fact name={t('attention.deadline')}>{order.review && <When at={order.review.deadline} />}</Fact>
        <Fact name={t('lines.title')}>
          {order.lines.map(({ line, quantity, sku }) => (
            <div key={line}>
              {quantity} × <span class="mono">{sku}</span>
            </div>
          ))}
        </Fact>
        <Fact name={t('customer.mail')}>
          {order.customer && <span class="masked">{order.customer.email}</span>}
        </Fact>
      </Facts>
    </>
  );
}
