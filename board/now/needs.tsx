import { type QueueCount, addressOf, isQueue } from '../lib/queues.ts';
import { hrefOf } from '../lib/router.ts';
import { useNow } from '../state/data.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { Age, Card, Icon } from '../ui/basics.tsx';

export function Needs({ queues }: { queues: readonly QueueCount[] }) {
  const { t, f } = useTexts();
  const now = useNow(15_000);
  const needs = queues.filter(({ group, count }) => group === 'need_you' && count > 0);
  const idle = queues.filter(({ group, count }) => group === 'need_you' && count === 0).length;
  const watched = queues.filter(({ group }) => group === 'watch').reduce((sum, { count }) => sum + count, 0);
  return (
    <Card
      title={t('now.needs')}
      more={<a href={hrefOf({ page: 'queues', queue: 'attention' })}>{t('now.allQueues')}</a>}
    >
      <div class="list">
        {needs.map(({ name, count, atLeast, oldestAt, dueAt }) => (
          <a key={name} href={hrefOf({ page: 'queues', queue: addressOf(name) })}>
            <span class={`n ${name === 'attention' ? 'is-act' : ''}`}>
              {f.count(count)}
              {atLeast === true && '+'}
            </span>
            <span class="clip">
              {isQueue(addressOf(name)) ? textOr(`queue.${addressOf(name)}`, name) : name}
            </span>
            {dueAt !== undefined ? (
              <span class={`age ${Date.parse(dueAt) - now < 72 * 3_600_000 ? 'is-warn' : ''}`}>
                {Date.parse(dueAt) < now
                  ? t('queue.overdue', { age: f.age(now - Date.parse(dueAt)) })
                  : t('now.dueIn', { age: f.age(Date.parse(dueAt) - now) })}
              </span>
            ) : (
              oldestAt !== undefined && (
                <span class="age">
                  <Age at={oldestAt} />
                </span>
              )
            )}
            <Icon name="right" small />
          </a>
        ))}
        <p class="quiet">
          {needs.length === 0 && <b>{t('sentence.nothingNeeds')} </b>}
          {idle === 0
            ? t('now.watched', { watched: f.count(watched) })
            : t('now.idle', { n: idle, watched: f.count(watched) })}
        </p>
      </div>
    </Card>
  );
}
