import type { BatchView } from '../../src/contracts/http/batches.ts';
import { get, withQuery, type Page } from '../api/client.ts';
import { isOpen, progressOf } from '../lib/batch.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { go } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { Block, Empty, Id, NeedsScope, Title, useTitle, When } from '../ui/basics.tsx';
import { BatchPage } from './batch.tsx';
import { BatchPill } from '../ui/batch-pills.tsx';
import { useRows } from '../ui/rows.ts';

const REFRESH_MS = 5_000;

export function BatchesPage({ id }: { id?: string }) {
  return (
    <NeedsScope scope="batches:read">
      {id === undefined ? <List /> : <BatchPage key={id} id={id} />}
    </NeedsScope>
  );
}

function List() {
  const { t } = useTexts();
  useTitle(t('nav.batches'));
  const batches = useData(
    'batches',
    (signal) => get<Page<BatchView>>(withQuery('/v1/batches', { limit: 50 }), signal),
    REFRESH_MS,
  );
  return (
    <>
      <Title title={t('nav.batches')}>{t('batch.intro')}</Title>
      <section class="card">
        <Block of={batches}>
          {({ data }) => (data.length === 0 ? <Empty>{t('batch.none')}</Empty> : <Rows batches={data} />)}
        </Block>
      </section>
    </>
  );
}

function Rows({ batches }: { batches: readonly BatchView[] }) {
  const { t, f } = useTexts();
  const ids = batches.map(({ batchId }) => batchId);
  const { rowOf } = useRows(ids, (id) => {
    go({ page: 'batches', id });
  });
  return (
    <table class="tbl fold">
      <thead>
        <tr>
          <th>{t('batch.one')}</th>
          <th>{t('batch.what')}</th>
          <th>{t('orders.status')}</th>
          <th class="num">{t('batch.orders')}</th>
          <th>{t('batch.why')}</th>
          <th class="num">{t('now.time')}</th>
        </tr>
      </thead>
      <tbody>
        {batches.map((batch, index) => (
          <tr key={batch.batchId} {...rowOf(batch.batchId, index)}>
            <td class="id">
              <a href={hrefOf({ page: 'batches', id: batch.batchId })}>
                <Id id={batch.batchId} />
              </a>
            </td>
            <td>{t(`batch.verb.${batch.action}`)}</td>
            <td>
              <BatchPill batch={batch} />
            </td>
            <td class="num">
              {isOpen(batch)
                ? t('batch.of', { n: progressOf(batch).settled, total: progressOf(batch).total })
                : f.count(progressOf(batch).total)}
            </td>
            <td class="muted clip full">{batch.note}</td>
            <td class="num nowrap muted hide">
              <When at={batch.startedAt ?? batch.createdAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
