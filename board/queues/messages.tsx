import type { DeadLetterSummary } from '../../src/contracts/http/dead-letters.ts';
import type { WebhookEndpointView } from '../../src/contracts/http/webhooks.ts';
import { askFor, type Row, type WayOf } from './row.tsx';
import { pathOf, send } from '../api/client.ts';
import { textOr, texts } from '../state/texts.ts';
import { ReasonName } from '../ui/code-name.tsx';
import { Pill } from '../ui/basics.tsx';

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
    due: textOr(`problem.${letter.reason}`, letter.reason),
    ways: letterWays(letter),
    inspect: () => (
      <>
        <h3>
          <ReasonName of="problem" code={letter.reason} />
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
    ways: endpointWays(endpoint),
    inspect: () => <pre>{endpoint.url}</pre>,
  };
}

function letterWays({ deadLetterId }: DeadLetterSummary): WayOf[] {
  const { t } = texts();
  const scope = 'dead-letters:write';
  return [
    {
      key: 'r',
      scope,
      verb: t('letters.replay'),
      text: t('lists.replayWhat'),
      dialog: askFor(() => ({
        title: t('letters.replay'),
        what: [t('lists.replayWhat')],
        verb: t('letters.replay'),
        note: 'none',
        run: () => send('POST', pathOf('dead-letters', deadLetterId, 'replay'), { body: {} }),
        result: () => t('letters.replayedDone'),
      })),
    },
    {
      key: 's',
      scope,
      verb: t('letters.discardVerb'),
      text: t('letters.discardWhat'),
      dialog: askFor(() => ({
        title: t('letters.discardTitle'),
        what: [t('letters.discardWhat')],
        verb: t('letters.discardVerb'),
        isDanger: true,
        note: 'required',
        run: ({ note }) =>
          send('POST', pathOf('dead-letters', deadLetterId, 'discard'), {
            body: note === undefined ? {} : { note },
          }),
        result: () => t('letters.discardedDone'),
      })),
    },
  ];
}

function endpointWays({ endpointId, state, failingSince, stateSince }: WebhookEndpointView): WayOf[] {
  const { t } = texts();
  const path = pathOf('webhook-endpoints', endpointId);
  const turn = (to: 'enabled' | 'disabled', key: string): WayOf => ({
    key,
    scope: 'webhooks:write',
    verb: t(`webhooks.${to}.verb`),
    text: t(`webhooks.${to}.what`),
    dialog: askFor(() => ({
      title: t(`webhooks.${to}.title`),
      what: [t(`webhooks.${to}.what`)],
      verb: t(`webhooks.${to}.verb`),
      isDanger: to === 'disabled',
      note: 'none',
      run: () => send('PATCH', path, { body: { state: to } }),
      result: () => t('action.done'),
    })),
  });
  if (state === 'disabled') return [turn('enabled', 'r')];
  return [
    {
      key: 'r',
      scope: 'webhooks:write',
      verb: t('webhooks.recover.verb'),
      text: t('webhooks.recover.what'),
      dialog: askFor(() => ({
        title: t('webhooks.recover.title'),
        what: [t('webhooks.recover.what')],
        verb: t('webhooks.recover.verb'),
        note: 'none',
        run: () =>
          send<{ deliveries: number }>('POST', `${path}/recover`, {
            body: { since: failingSince ?? stateSince },
          }),
        result: ({ deliveries }) => t('webhooks.recover.done', { n: deliveries }),
      })),
    },
    turn('disabled', 's'),
  ];
}
