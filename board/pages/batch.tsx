import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { BatchItem, BatchView } from '../../src/contracts/http/batches.ts';
import { get, pathOf, send } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { isOpen, paceOf, progressOf, STEPS, stepOf } from '../lib/batch.ts';
import { newKey } from '../lib/ids.ts';
import { useData, useNow } from '../state/data.ts';
import { go } from '../state/navigation.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { tell } from '../state/toasts.ts';
import { ActionButton, Block, Icon, Id, ProblemNote, Title, useTitle } from '../ui/basics.tsx';
import { BatchBar } from '../ui/batch-bar.tsx';
import { BatchConfirm } from '../ui/batch-confirm.tsx';
import { BatchItems } from '../ui/batch-items.tsx';
import { BatchPill } from '../ui/batch-pills.tsx';

const RUNNING_MS = 1_000;
const IDLE_MS = 10_000;

/** One batch: its dry run, its confirmation, its progress, and its result. */
export function BatchPage({ id }: { id: string }) {
  const { t } = useTexts();
  const [isRunning, setRunning] = useState(false);
  const batch = useData(
    id,
    async (signal) => {
      const found = await get<BatchView>(pathOf('batches', id), signal);
      setRunning(isOpen(found));
      return found;
    },
    isRunning ? RUNNING_MS : IDLE_MS,
  );
  useTitle(t('batch.one'));
  return <Block of={batch}>{(shown) => <Shown batch={shown} refresh={batch.refresh} />}</Block>;
}

function Shown({ batch, refresh }: { batch: BatchView; refresh: () => void }) {
  const { t } = useTexts();
  const { action, state, counts } = batch;
  const { total } = progressOf(batch);
  const title =
    state === 'planned'
      ? t(`batch.title.${action}`, { n: counts.pending })
      : isOpen(batch)
        ? t(`batch.doing.${action}`, { n: total })
        : t(`batch.did.${action}`, { n: total });
  return (
    <>
      <Title title={title} actions={<BatchPill batch={batch} />} />
      <Steps batch={batch} />
      <Source batch={batch} />
      {state === 'planned' ? <PlanSums batch={batch} /> : <Progress batch={batch} />}
      {state === 'planned' ? (
        <BatchConfirm batch={batch} refresh={refresh} />
      ) : (
        <After batch={batch} refresh={refresh} />
      )}
      <BatchItems batch={batch} />
    </>
  );
}

function Steps({ batch }: { batch: BatchView }) {
  const { t } = useTexts();
  const present = stepOf(batch);
  return (
    <ol class="stepper">
      {STEPS.map((step, index) => (
        <li
          key={step}
          class={index < STEPS.indexOf(present) ? 'done' : ''}
          aria-current={step === present ? 'step' : undefined}
        >
          {step === present ? <b>{t(`batch.step.${step}`)}</b> : t(`batch.step.${step}`)}
          {index < STEPS.length - 1 && <Icon name="right" small />}
        </li>
      ))}
    </ol>
  );
}

/** Which orders: the query, the selection, or the part of another batch. */
function Source({ batch: { query, from, cause, counts, plannedAt } }: { batch: BatchView }) {
  const { t, f } = useTexts();
  const chips: [string, ComponentChildren][] = [
    ...(query?.queue === undefined ? [] : [[t('nav.queues'), t(`queue.${query.queue}`)] as [string, string]]),
    ...(query?.status === undefined
      ? []
      : [[t('orders.status'), t(`status.${query.status}`)] as [string, string]]),
    ...(query?.attention === undefined
      ? []
      : [[t('flag.attention'), t(query.attention ? 'batch.yes' : 'batch.no')] as [string, string]]),
    ...(query?.holdEndsSoon === undefined
      ? []
      : [[t('filter.hold'), t(query.holdEndsSoon ? 'batch.yes' : 'batch.no')] as [string, string]]),
    ...(query?.createdWithin === undefined
      ? []
      : [
          [t('filter.placed'), textOr(`filter.within.${query.createdWithin}`, query.createdWithin)] as [
            string,
            string,
          ],
        ]),
    ...(query?.createdAfter === undefined && query?.createdBefore === undefined
      ? []
      : [
          [
            t('filter.placed'),
            [query.createdAfter, query.createdBefore]
              .map((at) => (at === undefined ? '' : f.exact(at)))
              .join(' – '),
          ] as [string, string],
        ]),
    ...(query?.q === undefined ? [] : [[t('search.label'), query.q] as [string, string]]),
    ...(cause?.step === undefined ? [] : [[t('batch.stepChip'), cause.step] as [string, string]]),
    ...(cause?.code === undefined || cause.code === ''
      ? []
      : [[t('batch.cause'), textOr(`cause.${cause.code}`, cause.code)] as [string, string]]),
  ];
  return (
    <div class="row wrap">
      {query && chips.length === 0 && <span class="chip">{t('orders.all')}</span>}
      {!query && !from && <span class="chip">{t('batch.ticked', { n: counts.matched })}</span>}
      {from && (
        <a class="chip" href={`/board/batches/${from.batchId}`}>
          <span>{t(`batch.outcome.${from.outcome}`)}</span> <Id id={from.batchId} />
        </a>
      )}
      {chips.map(([name, value], index) => (
        <span key={index} class="chip">
          <span>{name}</span> <b>{value}</b>
        </span>
      ))}
      <span class="faint">{t('batch.asOf', { time: f.time(plannedAt) })}</span>
    </div>
  );
}

function PlanSums({ batch: { counts, leftOut, money, unknownAmounts } }: { batch: BatchView }) {
  const { t, f } = useTexts();
  return (
    <div class="sums card">
      <Sum value={f.count(counts.matched)} text={t('batch.matched')} />
      <Sum value={f.count(counts.pending)} text={t('batch.wouldGo')} />
      <Sum
        value={f.count(counts.leftOut)}
        text={
          counts.leftOut === 0 ? t('batch.outcome.left_out') : t('batch.leftOutFor', { n: leftOut.length })
        }
      />
      {money.length === 0 && unknownAmounts === 0 && <Sum value={f.count(0)} text={t('batch.noMoney')} />}
      {money.flatMap(({ currency, out, outOrders, in: taken, inOrders }) => [
        ...(outOrders > 0
          ? [
              <Sum
                key={`${currency}-out`}
                value={f.money(out, currency)}
                text={t('batch.out', { n: outOrders })}
              />,
            ]
          : []),
        ...(inOrders > 0
          ? [
              <Sum
                key={`${currency}-in`}
                value={f.money(taken, currency)}
                text={t('batch.in', { n: inOrders })}
              />,
            ]
          : []),
      ])}
      {unknownAmounts > 0 && <Sum value={f.count(unknownAmounts)} text={t('batch.unknownAmounts')} />}
    </div>
  );
}

function Progress({ batch }: { batch: BatchView }) {
  const { t, f } = useTexts();
  const now = useNow();
  const { settled, total } = progressOf(batch);
  const pace = paceOf(batch, now);
  const { done, failed, leftOut, pending, running } = batch.counts;
  const toCome = pending + running;
  return (
    <>
      <div class="row wrap">
        <b class="grow">{t('batch.of', { n: settled, total })}</b>
        {pace !== undefined && (
          <span class="muted">
            {[
              ...(pace >= 1 ? [t('batch.pace', { rate: f.count(Math.round(pace)) })] : []),
              ...(isOpen(batch) && toCome > 0
                ? [t('batch.toGo', { age: f.age((toCome / pace) * 1_000) })]
                : []),
            ].join(', ')}
          </span>
        )}
      </div>
      <BatchBar batch={batch} />
      <div class="sums card">
        <Sum value={f.count(done)} text={t('batch.outcome.done')} />
        <Sum value={f.count(failed)} text={t('batch.outcome.failed')} isBad={failed > 0} />
        <Sum value={f.count(leftOut)} text={t('batch.outcome.left_out')} />
        <Sum
          value={f.count(toCome)}
          text={isOpen(batch) ? t('batch.outcome.pending') : t('batch.notBegun')}
        />
      </div>
    </>
  );
}

const Sum = ({ value, text, isBad = false }: { value: string; text: string; isBad?: boolean }) => (
  <div>
    <b class={isBad ? 'is-bad' : ''}>{value}</b>
    <span>{text}</span>
  </div>
);

/** Who has started it, how it can be stopped, and what can follow. */
function After({ batch, refresh }: { batch: BatchView; refresh: () => void }) {
  const { t } = useTexts();
  const { batchId, state, stopCause, startedBy, note, counts, action } = batch;
  const [problem, setProblem] = useState<ApiProblem>();
  const [isBusy, setBusy] = useState(false);
  const [key] = useState(newKey);

  async function run(work: () => Promise<unknown>) {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(error instanceof ApiProblem ? error : new ApiProblem(0, 'failed', String(error)));
    } finally {
      setBusy(false);
    }
  }
  const stop = () =>
    run(async () => {
      await send('POST', pathOf('batches', batchId, 'stop'));
      tell(t('batch.stopping'));
      refresh();
    });
  const again = (outcome: BatchItem['outcome']) =>
    run(async () => {
      const cause = batch.cause && { cause: batch.cause };
      const body = { action, ...cause, from: { batchId, outcome } };
      const planned = await send<BatchView>('POST', '/v1/batches', {
        body,
        idempotencyKey: `${key}-${outcome}`,
      });
      go({ page: 'batches', id: planned.batchId });
    });

  return (
    <>
      {stopCause !== undefined && (
        <div class="note amber" role="alert">
          <Icon name="alert" />
          <span class="grow">{t(`batch.cause.${stopCause}`)}</span>
        </div>
      )}
      {problem && <ProblemNote problem={problem} />}
      <div class="row wrap">
        <p class="grow muted">
          {isOpen(batch) && t('batch.goesOn')}{' '}
          {startedBy &&
            t('batch.startedBy', { who: startedBy.name ?? startedBy.id ?? startedBy.type, note: note ?? '' })}
        </p>
        {state === 'running' && (
          <>
            <span class="faint">{t('batch.stopLeaves')}</span>
            <ActionButton scope="batches:write" class="danger" onClick={() => void stop()}>
              <Icon name="stop" /> {t('batch.stop')}
            </ActionButton>
          </>
        )}
        {!isOpen(batch) && counts.pending > 0 && (
          <ActionButton scope="batches:write" onClick={() => !isBusy && void again('pending')}>
            {t('batch.planRest', { n: counts.pending })}
          </ActionButton>
        )}
        {!isOpen(batch) && counts.failed > 0 && (
          <ActionButton scope="batches:write" class="primary" onClick={() => !isBusy && void again('failed')}>
            {t('batch.retryFailed', { n: counts.failed })}
          </ActionButton>
        )}
      </div>
    </>
  );
}
