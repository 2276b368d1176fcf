import type { WebhookDeliverySummary } from '../../src/contracts/http/webhooks.ts';
import { type Page, get, pathOf, send, withQuery } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { tell } from '../state/toasts.ts';
import { ActionButton, Block, Card, Empty, Id, Pill, When } from '../ui/basics.tsx';

const REFRESH_MS = 5_000;

export function Deliveries({ endpointId }: { endpointId: string }) {
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
