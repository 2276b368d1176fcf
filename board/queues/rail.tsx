import { hasScope } from '../api/session.ts';
import { QUEUE_SCOPES, QUEUES, type QueueCount, type QueueName, addressOf } from '../lib/queues.ts';
import { hrefOf } from '../lib/router.ts';
import { useStore } from '../lib/store.ts';
import { useKeys } from '../state/keys.ts';
import { figures } from '../state/live.ts';
import { go } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { Age } from '../ui/basics.tsx';

export function Rail({ present }: { present: QueueName }) {
  const { t, f } = useTexts();
  const counts = useStore(figures)?.queues ?? [];
  const countOf = (name: QueueName): QueueCount | undefined =>
    counts.find((queue) => addressOf(queue.name) === name);
  const allowed = QUEUES.filter((name) => hasScope(QUEUE_SCOPES[name]));
  const step = (by: number) => {
    const next = allowed[allowed.indexOf(present) + by];
    if (next !== undefined) go({ page: 'queues', queue: next });
  };
  useKeys([
    {
      keys: '[',
      label: t('keys.previousQueue'),
      run: () => {
        step(-1);
      },
    },
    {
      keys: ']',
      label: t('keys.nextQueue'),
      run: () => {
        step(1);
      },
    },
  ]);
  const entry = (name: QueueName) => {
    const queue = countOf(name);
    const at = queue?.dueAt ?? queue?.oldestAt;
    return (
      <a
        key={name}
        href={hrefOf({ page: 'queues', queue: name })}
        aria-current={name === present ? 'page' : undefined}
        class={queue?.count === 0 ? 'none' : ''}
      >
        {t(`queue.${name}`)}
        <span class="c">
          <b class={name === 'attention' && (queue?.count ?? 0) > 0 ? 'is-act' : ''}>
            {queue ? f.count(queue.count) : '–'}
            {queue?.atLeast === true && '+'}
          </b>
          <small>{at !== undefined && <Age at={at} short />}</small>
        </span>
      </a>
    );
  };
  const watched: readonly QueueName[] = ['payment-unknown', 'holds', 'late'];
  return (
    <nav class="rail" aria-label={t('nav.queues')}>
      <div class="cap">{t('now.needs')}</div>
      {allowed.filter((name) => !watched.includes(name)).map(entry)}
      <div class="cap">{t('queue.watch')}</div>
      {allowed.filter((name) => watched.includes(name)).map(entry)}
    </nav>
  );
}
