import type { LogEntry } from '../../src/contracts/http/board.ts';
import { get, withQuery, type Page } from '../api/client.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { ActorName } from '../ui/actor.tsx';
import { Block, Empty, Id, NeedsScope, Title, useTitle, When } from '../ui/basics.tsx';

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
                    <th>{t('log.who')}</th>
                    <th>{t('log.object')}</th>
                    <th>{t('log.reason')}</th>
                  </tr>
                </thead>
                <tbody>
                  {data.map((entry) => (
                    <tr key={entry.entryId}>
                      <td class="nowrap muted">
                        <When at={entry.at} />
                      </td>
                      <td>{textOr(`log.${entry.action}`, entry.action)}</td>
                      <td>
                        <ActorName of={entry.actor} />
                      </td>
                      <td class="full">
                        <LoggedObject entry={entry} />
                      </td>
                      <td class="full">{entry.reason !== undefined && `“${entry.reason}”`}</td>
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

/** What the entry is about, with a link to the order that it belongs to. */
function LoggedObject({ entry: { object, orderId } }: { entry: LogEntry }) {
  const { t } = useTexts();
  const type = object?.type ?? (orderId === undefined ? undefined : 'order');
  if (type === undefined) return null;
  const id = object?.id ?? (type === 'order' ? orderId : undefined);
  const name = id === undefined ? <span class="muted">{t('log.several')}</span> : <Id id={id} />;
  return (
    <>
      <span class="muted">{textOr(`log.object.${type}`, type)}</span>{' '}
      {orderId === undefined ? name : <a href={hrefOf({ page: 'order', orderId })}>{name}</a>}
    </>
  );
}
