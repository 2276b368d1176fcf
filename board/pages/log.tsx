import type { LogEntry } from '../../src/contracts/http/board.ts';
import { hrefOf } from '../lib/router.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { ActorName } from '../ui/actor.tsx';
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
          { head: t('log.who'), cell: ({ actor }) => <ActorName of={actor} /> },
          { head: t('log.object'), class: 'full', cell: (entry) => <LoggedObject entry={entry} /> },
          {
            head: t('log.reason'),
            class: 'full',
            cell: ({ reason }) => reason !== undefined && `“${reason}”`,
          },
        ]}
      />
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
