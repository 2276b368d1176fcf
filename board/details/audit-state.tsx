import type { AuditView } from '../../src/contracts/http/audit.ts';
import { useTexts } from '../state/texts.ts';
import { Pill } from '../ui/basics.tsx';

export function StatePill({ audit }: { audit: AuditView }) {
  const { t } = useTexts();
  const differences = audit.differenceCount ?? 0;
  if (audit.state === 'running')
    return (
      <Pill colour="blue" icon="reserved">
        {t('audits.running')}
      </Pill>
    );
  if (audit.state === 'failed')
    return (
      <Pill colour="amber" icon="alert">
        {t('audits.failed')}
      </Pill>
    );
  return differences === 0 ? (
    <Pill colour="green" icon="check">
      {t('audits.clean')}
    </Pill>
  ) : (
    <Pill colour="red" icon="alert">
      {t('audits.differences', { n: differences })}
    </Pill>
  );
}
