import type { OrderView } from '../../../src/contracts/http/order.ts';
import { textOr, useTexts } from '../../state/texts.ts';
import { Icon, When } from '../../ui/basics.tsx';

/** Why an order waits for a decision, and until when. Nothing for one that does not. */
export function InReview({ order: { status, review } }: { order: OrderView }) {
  const { t } = useTexts();
  if (status !== 'in_review' || review === undefined) return null;
  return (
    <div class="note violet">
      <Icon name="eye" />
      <span class="grow">
        {review.reasons.map((reason) => (
          <b key={reason} class="strong">
            {textOr(`reviewReason.${reason}`, reason)}.{' '}
          </b>
        ))}
        {t('review.endsBefore')} <When at={review.deadline} />
        {t('review.endsAfter')}
      </span>
    </div>
  );
}
