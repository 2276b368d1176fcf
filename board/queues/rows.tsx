import { useEffect, useRef, useState } from 'preact/hooks';
import { hasScope } from '../api/session.ts';
import type { QueueName } from '../lib/queues.ts';
import { hrefOf } from '../lib/router.ts';
import { useKeys } from '../state/keys.ts';
import { go, trail } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { Inspector } from '../ui/inspector.tsx';
import { useRows } from '../ui/rows.ts';
import { QueueTable } from './queue-table.tsx';
import type { ReadGroups, Row, WayOf } from './row.tsx';
import { Ways } from './ways.tsx';

/** How long a row that was settled stays, struck, with its result. Milliseconds. */
const SETTLED_MS = 5_000;

export function Rows({
  name,
  shown: { groups, hasMore, pages },
  hold,
  more,
  start,
}: {
  name: QueueName;
  shown: ReadGroups;
  /** While true, the rows stay as they are. */
  hold: (isHeld: boolean) => void;
  /** Reads so many pages. */
  more: (pages: number) => void;
  start?: string;
}) {
  const { t } = useTexts();
  const rows = groups.flatMap(({ rows: ofGroup }) => ofGroup);
  const ids = rows.map(({ id }) => id);
  const [asked, setAsked] = useState<{ id: string; way: WayOf }>();
  const [settled, setSettled] = useState<ReadonlyMap<string, string>>(new Map());
  const leave = () => {
    trail.set({
      from: hrefOf({ page: 'queues', queue: name }),
      title: t(`queue.${name}`),
      ids: rows.filter(({ order }) => order).map(({ id }) => id),
    });
  };
  const open = (id: string) => {
    const row = rows.find((candidate) => candidate.id === id);
    if (!row) return;
    leave();
    go(row.to);
  };
  const { focus, setFocus, rowOf } = useRows(ids, open, start);
  // The first row is in focus at once where the inspector stands beside the list.
  useEffect(() => {
    if (focus === undefined && ids[0] !== undefined && matchMedia('(min-width: 1241px)').matches)
      setFocus(ids[0]);
  }, [ids[0], focus]);
  const inFocus = rows.find(({ id }) => id === focus);

  // The dialog gives the focus back to the row that has opened it. When it is gone, the focus goes on.
  const following = useRef<string | undefined>(undefined);
  useEffect(() => {
    const next = following.current;
    if (asked !== undefined || next === undefined) return;
    following.current = undefined;
    setFocus(next);
    document.querySelector<HTMLElement>(`[data-row="${CSS.escape(next)}"]`)?.focus();
  }, [asked]);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useEffect(
    () => () => {
      for (const timer of timers.current) clearTimeout(timer);
    },
    [],
  );
  const done = (id: string) => (result?: string) => {
    const after = new Map([...settled, [id, result ?? t('action.done')]]);
    setSettled(after);
    hold(true);
    const at = ids.indexOf(id);
    const next = [...ids.slice(at + 1), ...ids.slice(0, at).reverse()].find((other) => !after.has(other));
    following.current = next;
    const timer = setTimeout(() => {
      timers.current.delete(timer);
      setSettled((before) => new Map([...before].filter(([other]) => other !== id)));
      if (timers.current.size === 0) hold(false);
    }, SETTLED_MS);
    timers.current.add(timer);
  };
  const ask = (row: Row, way: WayOf) => {
    if (!settled.has(row.id)) setAsked({ id: row.id, way });
  };
  useKeys(
    (inFocus?.ways ?? [])
      .filter(({ scope }) => hasScope(scope))
      .map((way) => ({
        keys: way.key,
        label: way.verb,
        run: () => {
          if (inFocus) ask(inFocus, way);
        },
      })),
  );

  return (
    <div class="rows-and-inspector">
      <QueueTable
        name={name}
        groups={groups}
        settled={settled}
        rowOf={(id) => rowOf(id, ids.indexOf(id))}
        onLeave={leave}
        {...(hasMore && {
          more: {
            pages,
            read: () => {
              more(pages + 1);
            },
          },
        })}
      />
      {inFocus && (
        <Inspector
          title={inFocus.title}
          state={inFocus.state}
          to={inFocus.to}
          onOpen={leave}
          onClose={() => {
            setFocus(undefined);
          }}
          footer={<Ways row={inFocus} ask={ask} />}
        >
          {inFocus.inspect()}
        </Inspector>
      )}
      {asked?.way.dialog({
        onDone: done(asked.id),
        onClose: () => {
          setAsked(undefined);
        },
      })}
    </div>
  );
}
