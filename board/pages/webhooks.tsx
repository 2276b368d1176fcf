import { useState } from 'preact/hooks';
import type { WebhookDeliverySummary, WebhookEndpointView } from '../../src/contracts/http/webhooks.ts';
import { get, pathOf, send, withQuery, type Page } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { useKeys } from '../state/keys.ts';
import { go } from '../state/navigation.ts';
import { tell } from '../state/toasts.ts';
import { textOr, useTexts } from '../state/texts.ts';
import {
  ActionButton,
  Age,
  Block,
  Card,
  Empty,
  Fact,
  Facts,
  Icon,
  Id,
  Light,
  NeedsScope,
  Pill,
  Title,
  useTitle,
  When,
} from '../ui/basics.tsx';
import { dialogOf, type ActionOf, type Opened } from '../ui/dialog.tsx';
import { useRows } from '../ui/rows.ts';

const REFRESH_MS = 5_000;

export function WebhooksPage({ id }: { id?: string }) {
  const { t } = useTexts();
  useTitle(t('nav.webhooks'));
  return (
    <NeedsScope scope="webhooks:read">
      {id === undefined ? <List /> : <Endpoint key={id} id={id} />}
    </NeedsScope>
  );
}

const lightOf = ({ state, failingSince }: WebhookEndpointView) =>
  state === 'enabled' ? (failingSince === undefined ? 'ok' : 'slow') : state === 'disabled' ? 'down' : 'off';

function List() {
  const { t } = useTexts();
  const endpoints = useData(
    'webhooks',
    (signal) => get<Page<WebhookEndpointView>>('/v1/webhook-endpoints?limit=100', signal),
    REFRESH_MS,
  );
  return (
    <>
      <Title title={t('nav.webhooks')}>{t('webhooks.intro')}</Title>
      <section class="card">
        <Block of={endpoints}>
          {({ data }) =>
            data.length === 0 ? <Empty>{t('webhooks.none')}</Empty> : <Endpoints endpoints={data} />
          }
        </Block>
      </section>
    </>
  );
}

function Endpoints({ endpoints }: { endpoints: readonly WebhookEndpointView[] }) {
  const { t } = useTexts();
  const { rowOf } = useRows(
    endpoints.map(({ endpointId }) => endpointId),
    (id) => {
      go({ page: 'webhooks', id });
    },
  );
  return (
    <table class="tbl fold">
      <thead>
        <tr>
          <th>{t('webhooks.endpoint')}</th>
          <th>{t('orders.status')}</th>
          <th>{t('webhooks.events')}</th>
          <th>{t('queue.since')}</th>
        </tr>
      </thead>
      <tbody>
        {endpoints.map((endpoint, index) => (
          <tr key={endpoint.endpointId} {...rowOf(endpoint.endpointId, index)}>
            <td>
              <span class="row">
                <Light state={lightOf(endpoint)} />
                <a class="clip" href={hrefOf({ page: 'webhooks', id: endpoint.endpointId })}>
                  {endpoint.url}
                </a>
              </span>
              {endpoint.description !== undefined && <div class="faint">{endpoint.description}</div>}
            </td>
            <td>{stateText(endpoint, t)}</td>
            <td class="hide muted">
              {endpoint.events.length === 0
                ? t('webhooks.all')
                : t('webhooks.types', { n: endpoint.events.length })}
            </td>
            <td class="nowrap hide">
              <Age at={endpoint.failingSince ?? endpoint.stateSince} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const stateText = (endpoint: WebhookEndpointView, t: ReturnType<typeof useTexts>['t']): string =>
  endpoint.state === 'enabled' && endpoint.failingSince !== undefined
    ? t('endpoint.failing')
    : t(`endpoint.${endpoint.state}`);

function Endpoint({ id }: { id: string }) {
  const { t } = useTexts();
  useKeys([
    {
      keys: 'u',
      label: t('keys.back'),
      run: () => {
        go({ page: 'webhooks' });
      },
    },
  ]);
  const endpoint = useData(
    `webhook ${id}`,
    (signal) => get<WebhookEndpointView>(pathOf('webhook-endpoints', id), signal),
    REFRESH_MS,
  );
  return (
    <>
      <nav class="crumbs" aria-label={t('order.path')}>
        <a href={hrefOf({ page: 'webhooks' })}>{t('nav.webhooks')}</a>
        <Icon name="right" small />
        <Id id={id} />
      </nav>
      <Block of={endpoint}>{(shown) => <Shown endpoint={shown} refresh={endpoint.refresh} />}</Block>
    </>
  );
}

function Shown({ endpoint, refresh }: { endpoint: WebhookEndpointView; refresh: () => void }) {
  const { t } = useTexts();
  const [asked, setAsked] = useState<Opened>();
  const path = pathOf('webhook-endpoints', endpoint.endpointId);
  const turn = (state: 'enabled' | 'disabled'): ActionOf<WebhookEndpointView> => ({
    title: t(`webhooks.${state}.title`),
    what: [t(`webhooks.${state}.what`)],
    verb: t(`webhooks.${state}.verb`),
    isDanger: state === 'disabled',
    note: 'none',
    run: () => send('PATCH', path, { body: { state } }),
    result: () => t('action.done'),
    onDone: refresh,
  });
  const since = endpoint.failingSince ?? endpoint.stateSince;
  const recover: ActionOf<{ deliveries: number }> = {
    title: t('webhooks.recover.title'),
    what: [t('webhooks.recover.what')],
    verb: t('webhooks.recover.verb'),
    note: 'none',
    run: () => send('POST', `${path}/recover`, { body: { since } }),
    result: ({ deliveries }) => t('webhooks.recover.done', { n: deliveries }),
    onDone: refresh,
  };
  const ask = <T,>(action: ActionOf<T>) => {
    setAsked(dialogOf(action));
  };
  return (
    <>
      <Title
        title={endpoint.url}
        actions={
          endpoint.state !== 'removed' && (
            <>
              <ActionButton
                scope="webhooks:write"
                onClick={() => {
                  ask(turn(endpoint.state === 'enabled' ? 'disabled' : 'enabled'));
                }}
              >
                {t(`webhooks.${endpoint.state === 'enabled' ? 'disabled' : 'enabled'}.verb`)}…
              </ActionButton>
              {endpoint.state === 'enabled' && (
                <ActionButton
                  scope="webhooks:write"
                  onClick={() => {
                    ask(recover);
                  }}
                >
                  {t('webhooks.recover.verb')}…
                </ActionButton>
              )}
            </>
          )
        }
      >
        <span class="row">
          <Light state={lightOf(endpoint)} />
          {stateText(endpoint, t)}, {t('attention.for')} <Age at={since} />
        </span>
      </Title>
      <div class="two">
        <Deliveries endpointId={endpoint.endpointId} />
        <Card title={t('letters.facts')}>
          <div class="pad">
            <Facts>
              <Fact name={t('webhooks.events')}>
                {endpoint.events.length === 0
                  ? t('webhooks.all')
                  : endpoint.events.map((type) => (
                      <div key={type} class="mono">
                        {type}
                      </div>
                    ))}
              </Fact>
              <Fact name={t('webhooks.description')}>{endpoint.description}</Fact>
              <Fact name={t('webhooks.reason')}>{endpoint.reason}</Fact>
              <Fact name={t('webhooks.created')}>
                <When at={endpoint.createdAt} />
              </Fact>
            </Facts>
          </div>
        </Card>
      </div>
      {asked?.show(() => {
        setAsked(undefined);
      })}
    </>
  );
}

function Deliveries({ endpointId }: { endpointId: string }) {
  const { t } = useTexts();
  const deliveries = useData(
    `deliveries ${endpointId}`,
    (signal) =>
      get<Page<WebhookDeliverySummary>>(
        withQuery(pathOf('webhook-endpoints', endpointId, 'deliveries'), { limit: 50 }),
        signal,
      ),
    REFRESH_MS,
  );
  const redeliver = (deliveryId: string) => {
    send('POST', pathOf('webhook-deliveries', deliveryId, 'redeliver')).then(
      () => {
        tell(t('webhooks.sentAgain'));
        deliveries.refresh();
      },
      (error: unknown) => {
        if (error instanceof ApiProblem) tell(`${error.message} (${error.code})`, { isError: true });
      },
    );
  };
  return (
    <Card title={t('webhooks.deliveries')}>
      <Block of={deliveries}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>{t('webhooks.noDeliveries')}</Empty>
          ) : (
            <table class="tbl fold">
              <thead>
                <tr>
                  <th>{t('letters.type')}</th>
                  <th>{t('orders.order')}</th>
                  <th>{t('orders.status')}</th>
                  <th>{t('now.time')}</th>
                  <th>
                    <span class="sr">{t('webhooks.sendAgain')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.map((delivery) => (
                  <tr key={delivery.deliveryId}>
                    <td class="mono">{delivery.type.replace(/^com\.durable-checkout\./, '')}</td>
                    <td class="id">
                      <a href={hrefOf({ page: 'order', orderId: delivery.orderId })}>
                        <Id id={delivery.orderId} />
                      </a>
                    </td>
                    <td>
                      <Pill
                        colour={
                          delivery.state === 'delivered'
                            ? 'green'
                            : delivery.state === 'failed'
                              ? 'red'
                              : 'blue'
                        }
                        icon={
                          delivery.state === 'delivered'
                            ? 'check'
                            : delivery.state === 'failed'
                              ? 'alert'
                              : 'send'
                        }
                      >
                        {t(`delivery.${delivery.state}`)}
                      </Pill>{' '}
                      {delivery.reason !== undefined && (
                        <span class="faint">{textOr(`reason.${delivery.reason}`, delivery.reason)}</span>
                      )}
                    </td>
                    <td class="nowrap hide">
                      <When at={delivery.settledAt ?? delivery.createdAt} />
                    </td>
                    <td class="num">
                      {delivery.state !== 'pending' && (
                        <ActionButton
                          scope="webhooks:write"
                          class="sm"
                          onClick={() => {
                            redeliver(delivery.deliveryId);
                          }}
                        >
                          {t('webhooks.sendAgain')}
                        </ActionButton>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Block>
    </Card>
  );
}
