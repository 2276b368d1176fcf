import type { AuditView } from '../../src/contracts/http/audit.ts';
import { send } from '../api/client.ts';
import { texts } from '../state/texts.ts';
import { Id, Pill } from '../ui/basics.tsx';
import { askFor, type Row, type WayOf } from './row.tsx';

export function differenceRow(
  audit: AuditView,
  { rule, orderId, detail, whatToDo }: NonNullable<AuditView['differences']>[number],
  index: number,
): Row {
  return {
    id: `${rule}-${index}`,
    to: orderId === undefined ? { page: 'audits', id: audit.auditId } : { page: 'order', orderId },
    title: <span class="mono">{rule}</span>,
    state: (
      <Pill colour="red" icon="shield">
        {orderId === undefined ? '–' : <Id id={orderId} />}
      </Pill>
    ),
    ...(audit.finishedAt !== undefined && { since: audit.finishedAt }),
    ways: [auditAgain()],
    inspect: () => (
      <>
        <h3>{rule}</h3>
        <pre>{detail}</pre>
        <p>{whatToDo}</p>
      </>
    ),
  };
}

/** What was put right is no difference of the next audit. */
function auditAgain(): WayOf {
  const { t } = texts();
  return {
    key: 'r',
    scope: 'audit:run',
    verb: t('audits.startVerb'),
    text: t('audits.startWhat'),
    dialog: askFor(() => ({
      title: t('audits.startTitle'),
      what: [t('audits.startWhat')],
      verb: t('audits.startVerb'),
      note: 'none',
      run: () => send<AuditView>('POST', '/v1/audits', { body: {} }),
      result: () => t('audits.started'),
    })),
  };
}
