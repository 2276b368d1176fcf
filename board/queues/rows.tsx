import { useEffect, useState } from 'preact/hooks';
import { hasScope } from '../api/session.ts';
import type { QueueName } from '../lib/queues.ts';
import { hrefOf } from '../lib/router.ts';
import type { Group, Row, WayOf } from './row.tsx';
import { useKeys } from '../state/keys.ts';
import { go, trail } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { ActionButton, Age, Icon } from '../ui/basics.tsx';
import { useRows } from '../ui/rows.ts';

/** How long a row that was settled stays, struck. Milliseconds. */
const SETTLED_MS = 5_000;

export function Rows({
  name,
  groups,
  refresh,
  start,
}: {
  name: QueueName;
  groups: readonly Group[];
  refresh: () => void;
  start?: string;
}) {
  const { t } = useTexts();
  const rows = groups.flatMap(({ rows: ofGroup }) => ofGroup);
  const ids = rows.map(({ id }) => id);
  const [asked, setAsked] = useState<{ id: string; way: WayOf }>();
  const [settled, setSettled] = useState<ReadonlySet<string>>(new Set());
  const open = (id: string) => {
    const row = rows.find((candidate) => candidate.id === id);
    if (!row) return;
    leave();
    go(row.to);
  };
  const leave = () => {
    trail.set({
      from: hrefOf({ page: 'queues', queue: name }),
      title: t(`queue.${name}`),

      ids: rows.filter(({ order }) => order).map(({ id }) => id),
    });
  };
  const { focus, setFocus, rowOf, at } = useRows(ids, open, start);
  // The first row is in focus at once where the inspector stands beside the list.
  useEffect(() => {
    if (focus === undefined && ids[0] !== undefined && matchMedia('(min-width: 1241px)').matches)
      setFocus(ids[0]);
  }, [ids[0], focus]);
  const shown = rows.find(({ id }) => id === focus);

  const done = (id: string) => () => {
    setSettled((before) => new Set([...before, id]));
    setFocus(ids[at + 1] ?? ids[at - 1]);
    setTimeout(() => {
      setSettled((before) => new Set([...before].filter((other) => other !== id)));
      refresh();
    }, SETTLED_MS);
  };
  const ask = (row: Row, way: WayOf) => {
    setAsked({ id: row.id, way });
  };
  useKeys(
    (shown?.ways ?? [])
      .filter(({ scope }) => hasScope(scope))
      .map((way) => ({
        keys: way.key,
        label: way.verb,
        run: () => {
          if (shown) ask(shown, way);
        },
      })),
  );

  return (
    <div class="rows-and-inspector">
      <section class="card">
        <table class="tbl fold" onClick={leave}>
          <thead>
            <tr>
              <th>{t(`queueColumn.${columnOf(name)}`)}</th>
              <th>{t('orders.status')}</th>
              <th class="num">{t('queue.amount')}</th>
              <th>{t('queue.since')}</th>
              <th class="num">{t(name === 'attention' ? 'queue.nextTry' : 'queue.due')}</th>
            </tr>
          </thead>
          {groups.map(({ title, rows: ofGroup }, index) => (
            <tbody key={index}>
              {title !== undefined && (
                <tr class="group">
                  <td colSpan={5}>{title}</td>
                </tr>
              )}
              {ofGroup.map((row) => {
                const given = rowOf(row.id, ids.indexOf(row.id));
                return (
                  <tr
                    key={row.id}
                    {...given}
                    class={`${given.class}${settled.has(row.id) ? ' settled' : ''}`}
                  >
                    <td class="id">
                      <a href={hrefOf(row.to)}>{row.title}</a>
                    </td>
                    <td class="hide">
                      <span class="pills">{row.state}</span>
                    </td>
                    <td class="num">{row.amount ?? '—'}</td>
                    <td class="nowrap">{row.since !== undefined && <Age at={row.since} />}</td>
                    <td class="nowrap num">{row.due}</td>
                  </tr>
                );
              })}
            </tbody>
          ))}
        </table>
        <footer class="only-wide">
          <span class="row">
            <kbd>j</kbd>
            <kbd>k</kbd> {t('queue.move')}
          </span>
          <span class="row">
            <kbd>⏎</kbd> {t('keys.open')}
          </span>
          <span class="row">
            <kbd>[</kbd>
            <kbd>]</kbd> {t('queue.other')}
          </span>
        </footer>
      </section>
      {shown && (
        <aside class="inspect card only-wide" aria-label={t('queue.inFocus')}>
          <header>
            <span class="strong">{shown.title}</span>
            {shown.state}
            <span class="more">
              <a href={hrefOf(shown.to)} onClick={leave}>
                {t('keys.open')}
              </a>
              <button
                type="button"
                class="btn icon sm plain only-drawer"
                aria-label={t('action.close')}
                onClick={() => {
                  setFocus(undefined);
                }}
              >
                <Icon name="x" small />
              </button>
            </span>
          </header>
          <div class="pad stack">{shown.inspect()}</div>
          {shown.ways && shown.ways.length > 0 && (
            <div class="ways one">
              {shown.ways.map((way) => (
                <div key={way.key} class="way">
                  <p>
                    <b>{way.verb}.</b> {way.text}
                  </p>
                  <ActionButton
                    scope={way.scope}
                    shortcut={way.key}
                    onClick={() => {
                      ask(shown, way);
                    }}
                  >
                    {way.verb}…
                  </ActionButton>
                </div>
              ))}
            </div>
          )}
        </aside>
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

const columnOf = (name: QueueName) =>
  name === 'oversold'
    ? 'item'
    : name === 'dead-letters'
      ? 'message'
      : name === 'webhooks'
        ? 'endpoint'
        : name === 'audit-differences'
          ? 'rule'
          : 'order';
