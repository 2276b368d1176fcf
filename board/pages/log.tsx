import type { LogEntry } from '../../src/contracts/http/board.ts';
import { hrefOf } from '../lib/router.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { Id, NeedsScope, Title, useTitle, When } from '../ui/basics.tsx';
import { List, useListed } from '../ui/list.tsx';

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
  const log = useListed<LogEntry>('/v1/log', {}, REFRESH_MS);
  return (
    <>
      <Title title={t('nav.log')}>{t('log.intro')}</Title>
      <List
        of={log}
        idOf={({ entryId }) => String(entryId)}
        empty={t('log.none')}
        columns={[
          { head: t('now.time'), class: 'nowrap muted', cell: ({ at }) => <When at={at} /> },
          { head: t('log.action'), cell: ({ action }) => textOr(`log.${action}`, action) },
          { head: t('settings.client'), class: 'hide', cell: ({ clientId }) => clientId },
          { head: t('log.key'), class: 'hide mono', cell: ({ keyId }) => keyId },
          {
            head: t('orders.order'),
            class: 'id full',
            cell: ({ orderId }) =>
              orderId !== undefined && (
                <a href={hrefOf({ page: 'order', orderId })}>
                  <Id id={orderId} />
                </a>
              ),
          },
        ]}
      />
    </>
  );
}
