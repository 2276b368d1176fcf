import type { WebhookEndpointView } from '../../src/contracts/http/webhooks.ts';
import { Endpoint, lightOf, stateText } from '../details/endpoint.tsx';
import { useTexts } from '../state/texts.ts';
import { ReasonName } from '../ui/code-name.tsx';
import { Age, Fact, Facts, Light, NeedsScope, Title, useTitle, When } from '../ui/basics.tsx';
import { List, useListed } from '../ui/list.tsx';

const REFRESH_MS = 5_000;

export function WebhooksPage({ id }: { id?: string }) {
  const { t } = useTexts();
  useTitle(t('nav.webhooks'));
  return (
    <NeedsScope scope="webhooks:read">
      {id === undefined ? <Endpoints /> : <Endpoint key={id} id={id} />}
    </NeedsScope>
  );
}

function Endpoints() {
  const { t } = useTexts();
  const endpoints = useListed<WebhookEndpointView>('/v1/webhook-endpoints', {}, REFRESH_MS);
  return (
    <>
      <Title title={t('nav.webhooks')}>{t('webhooks.intro')}</Title>
      <List
        of={endpoints}
        idOf={({ endpointId }) => endpointId}
        to={({ endpointId }) => ({ page: 'webhooks', id: endpointId })}
        empty={t('webhooks.none')}
        columns={[
          {
            head: t('webhooks.endpoint'),
            class: 'full',
            cell: (endpoint) => (
              <span class="row">
                <Light state={lightOf(endpoint)} />
                <span class="clip">{endpoint.url}</span>
              </span>
            ),
          },
          { head: t('orders.status'), cell: (endpoint) => stateText(endpoint, t) },
          {
            head: t('webhooks.events'),
            class: 'hide muted',
            cell: ({ events }) =>
              events.length === 0 ? t('webhooks.all') : t('webhooks.types', { n: events.length }),
          },
          {
            head: t('queue.since'),
            class: 'nowrap hide',
            cell: ({ failingSince, stateSince }) => <Age at={failingSince ?? stateSince} />,
          },
        ]}
        inspect={(endpoint) => <InspectEndpoint endpoint={endpoint} />}
      />
    </>
  );
}

export function InspectEndpoint({ endpoint }: { endpoint: WebhookEndpointView }) {
  const { t } = useTexts();
  return (
    <>
      <h3>{stateText(endpoint, t)}</h3>
      <pre>{endpoint.url}</pre>
      <Facts>
        <Fact name={t('webhooks.description')}>{endpoint.description}</Fact>
        <Fact name={t('webhooks.reason')}>
          {endpoint.reason !== undefined && <ReasonName of="endpointReason" code={endpoint.reason} />}
        </Fact>
        <Fact name={t('queue.since')}>
          <When at={endpoint.failingSince ?? endpoint.stateSince} />
        </Fact>
        <Fact name={t('webhooks.created')}>
          <When at={endpoint.createdAt} />
        </Fact>
      </Facts>
    </>
  );
}
