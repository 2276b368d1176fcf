import { useState } from 'preact/hooks';
import type { WebhookEndpointView } from '../../src/contracts/http/webhooks.ts';
import { get, pathOf, send } from '../api/client.ts';
import { Deliveries } from './deliveries.tsx';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { useKeys } from '../state/keys.ts';
import { go } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { ReasonName } from '../ui/code-name.tsx';
import { ActionButton, Age, Block, Card, Fact, Facts, Icon, Id, Light, Title, When } from '../ui/basics.tsx';
import { type ActionOf, type Opened, dialogOf } from '../ui/dialog.tsx';

const REFRESH_MS = 5_000;

export const lightOf = ({ state, failingSince }: WebhookEndpointView) =>
  state === 'enabled' ? (failingSince === undefined ? 'ok' : 'slow') : state === 'disabled' ? 'down' : 'off';

export const stateText = (endpoint: WebhookEndpointView, t: ReturnType<typeof useTexts>['t']): string =>
  endpoint.state === 'enabled' && endpoint.failingSince !== undefined
    ? t('endpoint.failing')
    : t(`endpoint.${endpoint.state}`);

export function Endpoint({ id }: { id: string }) {
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
              <Fact name={t('webhooks.reason')}>
                {endpoint.reason !== undefined && <ReasonName of="endpointReason" code={endpoint.reason} />}
              </Fact>
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
