import { useState } from 'preact/hooks';
import type { BatchItem, BatchView } from '../../src/contracts/http/batches.ts';
import { get, pathOf, withQuery, type Page } from '../api/client.ts';
import { downloadCsv } from '../api/download.ts';
import { ApiProblem } from '../api/problem.ts';
import { isOpen } from '../lib/batch.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { tell } from '../state/toasts.ts';
import { Block, Empty, Icon, Id, When } from './basics.tsx';
import { OutcomePill } from './batch-pills.tsx';

type Outcome = BatchItem['outcome'];
/** While a batch runs, so many of the newest results are shown. */
const LATEST = 10;
const PAGE_SIZE = 100;
const RUNNING_MS = 2_000;

/** The orders of a batch: a sample of the dry run, the newest results, or all results by outcome. */
export function BatchItems({ batch }: { batch: BatchView }) {
  const { t } = useTexts();
  const { batchId, state, counts } = batch;
  const runs = isOpen(batch);
  const [chosen, setChosen] = useState<Outcome>();
  const outcomes: readonly [Outcome, number][] = [
    ['failed', counts.failed],
    ['left_out', counts.leftOut],
    ['done', counts.done],
    ['pending', counts.pending],
  ];
  const given = outcomes.filter(([, count]) => count > 0);
  const outcome = runs ? undefined : given.some(([each]) => each === chosen) ? chosen : undefined;
  const query = runs
    ? { latest: true, limit: LATEST }
    : { limit: PAGE_SIZE, ...(outcome !== undefined && { outcome }) };
  const items = useData(
    `${batchId} ${state} ${outcome ?? ''} ${batch.plannedAt}`,
    (signal) => get<Page<BatchItem>>(withQuery(`${pathOf('batches', batchId)}/items`, query), signal),
    runs ? RUNNING_MS : undefined,
  );

  return (
    <section class="card">
      <header>
        {runs ? (
          <h2>{t('batch.latest')}</h2>
        ) : (
          <nav class="views in" aria-label={t('batch.orders')}>
            {[undefined, ...given.map(([each]) => each)].map((each) => (
              <button
                key={each ?? 'all'}
                type="button"
                aria-pressed={each === outcome}
                onClick={() => {
                  setChosen(each);
                }}
              >
                {each === undefined
                  ? t('orders.all')
                  : state === 'planned' && each === 'pending'
                    ? t('batch.wouldGo')
                    : t(`batch.outcome.${each}`)}
              </button>
            ))}
          </nav>
        )}
        <span class="more">
          <button
            type="button"
            class="btn sm"
            onClick={() => {
              const path = withQuery(`${pathOf('batches', batchId)}/items`, { outcome });
              downloadCsv(path, `${batchId}.csv`).catch((error: unknown) => {
                tell(error instanceof ApiProblem ? error.message : String(error), { isError: true });
              });
            }}
          >
            <Icon name="download" /> CSV
          </button>
        </span>
      </header>
      <Block of={items}>
        {({ data, nextCursor }) =>
          data.length === 0 ? (
            <Empty>{t(runs ? 'batch.noResults' : 'orders.none')}</Empty>
          ) : (
            <>
              <Table items={data} batch={batch} />
              {!runs && nextCursor !== undefined && <footer>{t('batch.first', { n: data.length })}</footer>}
            </>
          )
        }
      </Block>
    </section>
  );
}

function Table({ items, batch }: { items: readonly BatchItem[]; batch: BatchView }) {
  const { t } = useTexts();
  const isPlan = batch.state === 'planned';
  return (
    <table class="tbl fold">
      <thead>
        <tr>
          <th>{t('orders.order')}</th>
          {isPlan ? <th>{t('orders.status')}</th> : <th>{t('now.time')}</th>}
          <th>{isPlan ? t('batch.wouldHappen') : t('batch.happened')}</th>
          <th class="num">{isPlan ? t('batch.step.dryRun') : t('batch.step.result')}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.number}>
            <td class="id">
              <a href={hrefOf({ page: 'order', orderId: item.orderId })}>
                <Id id={item.orderId} />
              </a>
            </td>
            <td class="muted nowrap hide">
              {isPlan
                ? item.status && t(`status.${item.status}`)
                : item.settledAt !== undefined && <When at={item.settledAt} seconds />}
            </td>
            <td class="full">
              <What item={item} batch={batch} />
            </td>
            <td class="num">
              <OutcomePill outcome={item.outcome} isPlan={isPlan} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What would become of an order, or what has. */
function What({ item, batch: { action } }: { item: BatchItem; batch: BatchView }) {
  const { t, f } = useTexts();
  const { outcome, reason, detail, step, moneyOut, moneyIn, currency } = item;
  if (outcome === 'left_out' || outcome === 'failed')
    return (
      <span title={detail}>
        {reason === undefined ? '' : textOr(`batch.reason.${reason}`, textOr(`cause.${reason}`, reason))}
        {detail !== undefined && <span class="faint"> {detail}</span>}
      </span>
    );
  const money = moneyOut ?? moneyIn;
  return (
    <>
      {outcome === 'done' ? t(`batch.done.${action}`) : t(`batch.would.${action}`)}
      {step !== undefined && (
        <>
          {' '}
          <code>{step.split(' ')[0]}</code>
        </>
      )}
      {money !== undefined && currency !== undefined && <>, {f.money(money, currency)}</>}
    </>
  );
}
