import { get, withQuery, type Page } from '../api/client.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { Block, Empty, Id, NeedsScope, Title, useTitle, When } from '../ui/basics.tsx';

/** One entry of the log of operators, as `GET /v1/log` returns it. */
interface LogEntry {
  entryId: number;
  at: string;
  action: string;
  clientId: string;
  keyId: string;
  sessionId?: string;
  orderId?: string;
  brakeId?: number;
}

const REFRESH_MS = 10_000;

export function LogPage() {
  const { t } = useTexts();
  useTitle(t('nav.log'));
  return (
    <NeedsScope scope="log:read">
      <Log />
    </NeedsScope>
  );
}

function Log() {
  const { t } = useTexts();
  const log = useData(
    'log',
    (signal) => get<Page<LogEntry>>(withQuery('/v1/log', { limit: 100 }), signal),
    REFRESH_MS,
  );
  return (
    <>
      <Title title={t('nav.log')}>{t('log.intro')}</Title>
      <section class="card">
        <Block of={log}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty>{t('log.none')}</Empty>
            ) : (
              <table class="tbl fold">
                <thead>
                  <tr>
                    <th>{t('now.time')}</th>
                    <th>{t('log.action')}</th>
                    <th>{t('settings.client')}</th>
                    <th>{t('log.key')}</th>
                    <th>{t('orders.order')}</th>
                  </tr>
                </thead>
                <tbody>
                  {data.map(({ entryId, at, action, clientId, keyId, orderId, brakeId }) => (
                    <tr key={entryId}>
                      <td class="nowrap muted">
                        <When at={at} />
                      </td>
                      <td>{textOr(`log.${action}`, action)}</td>
                      <td class="hide">{clientId}</td>
                      <td class="hide mono">{keyId}</td>
                      <td class="id full">
                        {orderId !== undefined && (
                          <a href={hrefOf({ page: 'order', orderId })}>
                            <Id id={orderId} />
                          </a>
                        )}
                        {brakeId !== undefined && <a href={hrefOf({ page: 'brakes' })}>{brakeId}</a>}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Block>
      </section>
    </>
  );
}
