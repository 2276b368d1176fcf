import { useEffect, useState } from 'preact/hooks';
import { QUEUE_SCOPES, type QueueName, addressOf, isQueue } from '../lib/queues.ts';
import { hrefOf } from '../lib/router.ts';
import { useStore } from '../lib/store.ts';
import { LastSettled } from '../queues/last-settled.tsx';
import { LOADERS } from '../queues/loaders.tsx';
import { Rail } from '../queues/rail.tsx';
import type { ReadGroups } from '../queues/row.tsx';
import { Rows } from '../queues/rows.tsx';
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
          <NeedsScope scope={QUEUE_SCOPES[name]}>
            <Queue key={name} name={name} {...(focus !== undefined && { start: focus })} />
          </NeedsScope>
        </div>
      </div>
    </>
  );
}

const REFRESH_MS = 5_000;
/** So many pages without an entry of the queue are read before it counts as empty. */
const MAX_EMPTY_PAGES = 10;

function Queue({ name, start }: { name: QueueName; start?: string }) {
  const { t } = useTexts();
  const [pages, setPages] = useState(1);
  const count = useStore(figures)?.queues.find((queue) => addressOf(queue.name) === name)?.count;
  const key = `${name} ${count ?? ''} ${pages}`;
  const loaded = useData(
    key,
    async (signal): Promise<ReadGroups> => ({ ...(await LOADERS[name](signal, pages)), pages }),
    REFRESH_MS,
  );
  // What is known stays while the count changes or more is read.
  const [known, setKnown] = useState<ReadGroups>();
  useEffect(() => {
    if (loaded.data) setKnown(loaded.data);
  }, [loaded.data]);
  // A row that was settled stays for a while, and nothing moves meanwhile.
  const [held, setHeld] = useState<ReadGroups>();
  const latest = loaded.data ?? known;
  const groups = held ?? latest;
  // The first pages of a list may have nothing that belongs into the queue.
  const isBehind = latest?.hasMore === true && latest.groups.every(({ rows }) => rows.length === 0);
  useEffect(() => {
    if (isBehind && pages < MAX_EMPTY_PAGES) setPages(pages + 1);
  }, [isBehind, pages]);
  return (
    <Block of={{ ...loaded, data: groups, isLoading: groups === undefined && loaded.isLoading }}>
      {(shown) =>
        shown.groups.every(({ rows }) => rows.length === 0) ? (
          <section class="card">
            <Empty>
              {t('queue.empty')} <a href={hrefOf({ page: 'now' })}>{t('nav.now')}</a>
              <LastSettled queue={name} />
            </Empty>
          </section>
        ) : (
          <Rows
            name={name}
            shown={shown}
            hold={(isHeld) => {
              setHeld(isHeld ? shown : undefined);
              if (!isHeld) loaded.refresh();
            }}
            more={setPages}
            {...(start !== undefined && { start })}
          />
        )
      }
    </Block>
  );
}
