import type { AuditView } from '../../src/contracts/http/audit.ts';
import type { DeadLetterSummary } from '../../src/contracts/http/dead-letters.ts';
import type { WebhookEndpointView } from '../../src/contracts/http/webhooks.ts';
import type { Row } from './row.tsx';
import { textOr } from '../state/texts.ts';
import { Id, Pill } from '../ui/basics.tsx';

export const isUnwell = ({ state, failingSince }: WebhookEndpointView): boolean =>
  state === 'disabled' || failingSince !== undefined;

export function deadLetterRow(letter: DeadLetterSummary): Row {
  return {
    id: letter.deadLetterId,
    to: { page: 'dead-letters', id: letter.deadLetterId },
    title: <span class="mono">{letter.type ?? letter.deadLetterId}</span>,
    state: (
      <Pill colour="flag" icon="mail">
        {letter.source}
      </Pill>
    ),
    since: letter.firstSeenAt,
    due: <code>{letter.reason}</code>,
    inspect: () => (
      <>
        <h3>
          <code>{letter.reason}</code>
        </h3>
        <pre>{letter.detail}</pre>
      </>
    ),
  };
}

export function endpointRow(endpoint: WebhookEndpointView): Row {
  return {
    id: endpoint.endpointId,
    to: { page: 'webhooks', id: endpoint.endpointId },
    title: <span class="mono">{new URL(endpoint.url).host}</span>,
    state: (
      <Pill colour={endpoint.state === 'disabled' ? 'red' : 'amber'} icon="send">
        {textOr(`endpoint.${endpoint.state === 'enabled' ? 'failing' : endpoint.state}`, endpoint.state)}
      </Pill>
    ),
    since: endpoint.failingSince ?? endpoint.stateSince,
    inspect: () => <pre>{endpoint.url}</pre>,
  };
}

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
    inspect: () => (
      <>
        <h3>{rule}</h3>
        <pre>{detail}</pre>
        <p>{whatToDo}</p>
      </>
    ),
  };
}
