import type { ComponentChildren } from 'preact';
import { readPages, type Listed } from '../api/pages.ts';
import { hrefOf, type Route } from '../lib/router.ts';
import { useStore } from '../lib/store.ts';
import { live } from '../state/live.ts';
import { go } from '../state/navigation.ts';
import { usePages, type LoadedPages } from '../state/pages.ts';
import { useTexts } from '../state/texts.ts';
import { Block, Empty, When } from './basics.tsx';
import { Inspector } from './inspector.tsx';
import { More } from './more.tsx';
import { useRows } from './rows.ts';

export interface Column<T> {
  head: ComponentChildren;
  /** Of the cells: `num`, `hide` on phones, `full` width on phones. */
  class?: string;
  cell: (item: T) => ComponentChildren;
}

export interface ListOf<T> {
  of: LoadedPages<Listed<T>>;
  columns: readonly Column<T>[];
  idOf: (item: T) => string;
  /** The page of a row. The first column links to it. Without it, rows cannot be opened. */
  to?: (item: T) => Route;
  /** Said where there is nothing. */
  empty: ComponentChildren;
  /** What stands beside the list of the row in focus. */
  inspect?: (item: T) => ComponentChildren;
}

/** A list that is read in pages, and anew every `every` milliseconds. The pages that were asked for stay. */
export function useListed<T>(
  path: string,
  values: Record<string, string | number | boolean | undefined>,
  every: number,
): LoadedPages<Listed<T>> {
  const key = `${path} ${JSON.stringify(values)}`;
  return usePages(key, (pages, signal) => readPages<T>(path, values, pages, signal), every);
}

/** A list with each of its states: loading, empty, failed with a way to try again, and old because nothing comes from the server. */
export function List<T>(list: ListOf<T>) {
  const { stale, lastMessageAt } = useStore(live);
  const { t } = useTexts();
  return (
    <Block of={list.of}>
      {(listed) =>
        listed.data.length === 0 ? (
          <section class="card">
            <Empty>{list.empty}</Empty>
          </section>
        ) : (
          <>
            {stale && lastMessageAt !== undefined && (
              <p class="is-warn">
                {t('lists.asOf')} <When at={lastMessageAt} seconds />
              </p>
            )}
            <Rows {...list} listed={listed} />
          </>
        )
      }
    </Block>
  );
}

function Rows<T>({ of, listed, columns, idOf, to, inspect }: ListOf<T> & { listed: Listed<T> }) {
  const { t } = useTexts();
  const byId = new Map(listed.data.map((item) => [idOf(item), item]));
  const { focus, setFocus, rowOf } = useRows([...byId.keys()], (id) => {
    const item = byId.get(id);
    if (item !== undefined && to) go(to(item));
  });
  const shown = focus === undefined ? undefined : byId.get(focus);
  const table = (
    <section class="card">
      <table class="tbl fold">
        <thead>
          <tr>
            {columns.map(({ head, class: ofCells = '' }, index) => (
              <th key={index} class={/\bnum\b/.test(ofCells) ? 'num' : ''}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...byId].map(([id, item], index) => (
            <tr key={id} {...rowOf(id, index)}>
              {columns.map(({ class: ofCells = '', cell }, column) => (
                <td key={column} class={ofCells}>
                  {column === 0 && to ? <a href={hrefOf(to(item))}>{cell(item)}</a> : cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <footer>
        <span>{t('lists.shown', { n: listed.data.length })}</span>
        {listed.hasMore && <More onReached={of.more} read={listed.data.length} />}
      </footer>
    </section>
  );
  if (!inspect) return table;
  return (
    <div class="list-and-inspector">
      {table}
      {shown !== undefined && to && (
        <Inspector
          title={columns[0]?.cell(shown)}
          to={to(shown)}
          onClose={() => {
            setFocus(undefined);
          }}
        >
          {inspect(shown)}
        </Inspector>
      )}
    </div>
  );
}
