import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import { useTexts } from '../state/texts.ts';
import { ReasonName } from './code-name.tsx';
import { Fact, When } from './basics.tsx';

type Dispute = Pick<DisputeView, 'reason' | 'status' | 'evidenceDueAt' | 'fundsWithdrawn'>;

/** Why a charge is disputed, until when it can be answered, and where its money is. Within `Facts`. */
export function DisputeFacts({ of: { reason, status, evidenceDueAt, fundsWithdrawn } }: { of: Dispute }) {
  const { t } = useTexts();
  return (
    <>
      <Fact name={t('disputes.reason')}>
        <ReasonName of="disputeReason" code={reason} />
      </Fact>
      <Fact name={t('disputes.status')}>
        <ReasonName of="disputeStatus" code={status} />
      </Fact>
      <Fact name={t('disputes.due')}>{evidenceDueAt !== undefined && <When at={evidenceDueAt} />}</Fact>
      <Fact name={t('disputes.money')}>{t(fundsWithdrawn ? 'disputes.taken' : 'disputes.notTaken')}</Fact>
    </>
  );
}
