import { useEffect, useState } from 'preact/hooks';
import { type QueueName, addressOf, isQueue } from '../lib/queues.ts';
import { hrefOf } from '../lib/router.ts';
import { useStore } from '../lib/store.ts';
import { LOADERS } from '../queues/loaders.tsx';
import { Rail } from '../queues/rail.tsx';
import type { Group } from '../queues/row.tsx';
import { Rows } from '../queues/rows.tsx';
import { SCOPES } from '../queues/scopes.ts';
import { useData } from '../state/data.ts';
import { figures } from '../state/live.ts';
import { useTexts } from '../state/texts.ts';
import { Block, Empty, NeedsScope, Title, useTitle } from '../ui/basics.tsx';

export function QueuesPage({ queue, focus }: { queue: string; focus?: string }) {
  const { t } = useTexts();
  const name = isQueue(queue) ? queue : 'attention';
  useTitle(t(`queue.${name}`));
  return (
    <>
      <Title title={t(`queue.${name}`)}>{t(`queueText.${name}`)}</Title>
      <div class="triage">
        <Rail present={name} />
        <div class="triage-main">
          <NeedsScope scope={SCOPES[name]}>
            <Queue key={name} name={name} {...(focus !== undefined && { start: focus })} />
          </NeedsScope>
        </div>
      </div>
    </>
  );
}

const REFRESH_MS = 5_000;

function Queue({ name, start }: { name: QueueName; start?: string }) {
  const { t } = useTexts();
  const count = useStore(figures)?.queues.find((queue) => addressOf(queue.name) === name)?.count;
  const loaded = useData(`${name} ${count ?? ''}`, (signal) => LOADERS[name](signal), REFRESH_MS);
  // What is known stays while the count changes.
  const [known, setKnown] = useState<readonly Group[]>();
  useEffect(() => {
    if (loaded.data) setKnown(loaded.data);
  }, [loaded.data]);
  const groups = loaded.data ?? known;
  return (
    <Block of={{ ...loaded, data: groups, isLoading: groups === undefined && loaded.isLoading }}>
      {(shown) =>
        shown.every(({ rows }) => rows.length === 0) ? (
          <section class="card">
            <Empty>
              {t('queue.empty')} <a href={hrefOf({ page: 'now' })}>{t('nav.now')}</a>
            </Empty>
          </section>
        ) : (
          <Rows name={name} groups={shown} refresh={loaded.refresh} {...(start !== undefined && { start })} />
        )
      }
    </Block>
  );
}
