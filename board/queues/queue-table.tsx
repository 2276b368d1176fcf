import type { QueueName } from '../lib/queues.ts';
import { hrefOf } from '../lib/router.ts';
import { useTexts } from '../state/texts.ts';
import { Age, Icon } from '../ui/basics.tsx';
import { More } from '../ui/more.tsx';
import type { useRows } from '../ui/rows.ts';
import type { Group, Row } from './row.tsx';

export function QueueTable({
  name,
  groups,
  settled,
  rowOf,
  onLeave,
  more,
}: {
  name: QueueName;
  groups: readonly Group[];
  /** The results of the rows that were settled, by their ids. */
  settled: ReadonlyMap<string, string>;
  rowOf: (id: string) => ReturnType<ReturnType<typeof useRows>['rowOf']>;
  onLeave: () => void;
  /** Reads further entries: the page after those that were read. Absent: there are none. */
  more?: { pages: number; read: () => void };
}) {
  const { t, f } = useTexts();
  return (
    <section class="card">
      <table class="tbl fold" onClick={onLeave}>
        <thead>
          <tr>
            <th>{t(`queueColumn.${columnOf(name)}`)}</th>
            <th>{t('orders.status')}</th>
            <th class="num">{t('queue.amount')}</th>
            <th>{t('queue.since')}</th>
            <th class="num">{t(name === 'attention' ? 'queue.nextTry' : 'queue.due')}</th>
          </tr>
        </thead>
        {groups.map(({ title, rows }, index) => (
          <tbody key={index}>
            {title !== undefined && (
              <tr class="group">
                <td colSpan={5}>{title}</td>
              </tr>
            )}
            {rows.map((row) => {
              const { class: ofRow, ...given } = rowOf(row.id);
              const result = settled.get(row.id);
              return (
                <tr key={row.id} {...given} class={`${ofRow}${result === undefined ? '' : ' settled'}`}>
                  <td class="id">
                    <a href={hrefOf(row.to)}>{row.title}</a>
                  </td>
                  {result === undefined ? <Cells row={row} /> : <Result text={result} />}
                </tr>
              );
            })}
          </tbody>
        ))}
      </table>
      <footer>
        {groups.some(({ title }) => title !== undefined) && (
          <span>
            {t('lists.causes', {
              n: groups.length,
              count: f.count(groups.reduce((sum, { rows }) => sum + rows.length, 0)),
            })}
          </span>
        )}
        {more && <More onReached={more.read} read={more.pages} />}
        <span class="row only-wide">
          <kbd>j</kbd>
          <kbd>k</kbd> {t('queue.move')}
        </span>
        <span class="row only-wide">
          <kbd>⏎</kbd> {t('keys.open')}
        </span>
        <span class="row only-wide">
          <kbd>[</kbd>
          <kbd>]</kbd> {t('queue.other')}
        </span>
      </footer>
    </section>
  );
}

const Cells = ({ row }: { row: Row }) => (
  <>
    <td class="hide">
      <span class="pills">{row.state}</span>
    </td>
    <td class="num">{row.amount ?? '—'}</td>
    <td class="nowrap">{row.since !== undefined && <Age at={row.since} />}</td>
    <td class="nowrap num">{row.due}</td>
  </>
);

const Result = ({ text }: { text: string }) => (
  <td class="result full" colSpan={4}>
    <span class="row" role="status">
      <Icon name="check" small /> {text}
    </span>
  </td>
);

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
