import { useEffect, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import type { DeadLetterSummary } from '../../src/contracts/http/dead-letters.ts';
import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import type { AttentionView, OrderView } from '../../src/contracts/http/order.ts';
import type { ReturnView } from '../../src/contracts/http/returns.ts';
import type { ListedShipmentView } from '../../src/contracts/http/shipments.ts';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import type { WebhookEndpointView } from '../../src/contracts/http/webhooks.ts';
import { get, pathOf, send, withQuery, type Page } from '../api/client.ts';
import { hasScope } from '../api/session.ts';
import { byCause, stepKind, waitsForYou } from '../lib/attention.ts';
import { addressOf, isQueue, QUEUES, type QueueCount, type QueueName } from '../lib/queues.ts';
import { hrefOf, type Route } from '../lib/router.ts';
import { disputeColour, needsEvidence, SHIPMENT_LOOK } from '../lib/status.ts';
import { useData, useNow } from '../state/data.ts';
import { useKeys } from '../state/keys.ts';
import { figures } from '../state/live.ts';
import { go, trail } from '../state/navigation.ts';
import { useStore } from '../lib/store.ts';
import { textOr, texts, useTexts } from '../state/texts.ts';
import {
  ActionButton,
  Age,
  Block,
  Empty,
  Fact,
  Facts,
  Icon,
  Id,
  NeedsScope,
  Pill,
  Title,
  useTitle,
  When,
} from '../ui/basics.tsx';
import { BatchButton } from '../ui/batch-button.tsx';
import { ActionDialog, type ActionOf } from '../ui/dialog.tsx';
import { attentionAction, attentionTitle, reviewAction, WAY_KEYS, wayText } from '../ui/order-actions.tsx';
import { StatusPill } from '../ui/order-pills.tsx';
import { ReceiveDialog } from '../ui/receive-dialog.tsx';
import { useRows } from '../ui/rows.ts';

/** One row of a queue, whatever it holds. */
interface Row {
  id: string;
  to: Route;
  title: ComponentChildren;
  state: ComponentChildren;
  amount?: string;
  since?: string;
  /** The last column: a deadline, or when it is tried again. */
  due?: ComponentChildren;
  order?: OrderView;
  inspect: () => ComponentChildren;
  ways?: readonly WayOf[];
}
interface WayOf {
  key: string;
  scope: string;
  verb: string;
  text: string;
  /** The dialog of the way. `onDone`: the row is settled. */
  dialog: (props: { onDone: () => void; onClose: () => void }) => ComponentChildren;
}

/** A way whose dialog says what an action does. */
const askFor =
  <T,>(action: (done: () => void) => ActionOf<T>): WayOf['dialog'] =>
  ({ onDone, onClose }) => <ActionDialog action={action(onDone)} onClose={onClose} />;

interface Group {
  title?: ComponentChildren;
  rows: readonly Row[];
}

const REFRESH_MS = 5_000;
/** How long a row that was settled stays, struck. Milliseconds. */
const SETTLED_MS = 5_000;

const SCOPES: Readonly<Record<QueueName, string>> = {
  attention: 'orders:read',
  review: 'orders:read',
  disputes: 'disputes:read',
  oversold: 'stock:read',
  'carrier-lost': 'orders:read',
  returns: 'returns:read',
  'dead-letters': 'dead-letters:read',
  webhooks: 'webhooks:read',
  'audit-differences': 'audit:run',
  'payment-unknown': 'orders:read',
  holds: 'orders:read',
  late: 'orders:read',
};

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

function Rail({ present }: { present: QueueName }) {
  const { t, f } = useTexts();
  const counts = useStore(figures)?.queues ?? [];
  const countOf = (name: QueueName): QueueCount | undefined =>
    counts.find((queue) => addressOf(queue.name) === name);
  const allowed = QUEUES.filter((name) => hasScope(SCOPES[name]));
  const step = (by: number) => {
    const next = allowed[allowed.indexOf(present) + by];
    if (next !== undefined) go({ page: 'queues', queue: next });
  };
  useKeys([
    {
      keys: '[',
      label: t('keys.previousQueue'),
      run: () => {
        step(-1);
      },
    },
    {
      keys: ']',
      label: t('keys.nextQueue'),
      run: () => {
        step(1);
      },
    },
  ]);
  const entry = (name: QueueName) => {
    const queue = countOf(name);
    const at = queue?.dueAt ?? queue?.oldestAt;
    return (
      <a
        key={name}
        href={hrefOf({ page: 'queues', queue: name })}
        aria-current={name === present ? 'page' : undefined}
        class={queue?.count === 0 ? 'none' : ''}
      >
        {t(`queue.${name}`)}
        <span class="c">
          <b class={name === 'attention' && (queue?.count ?? 0) > 0 ? 'is-act' : ''}>
            {queue ? f.count(queue.count) : '–'}
            {queue?.atLeast === true && '+'}
          </b>
          <small>{at !== undefined && <Age at={at} short />}</small>
        </span>
      </a>
    );
  };
  const watched: readonly QueueName[] = ['payment-unknown', 'holds', 'late'];
  return (
    <nav class="rail" aria-label={t('nav.queues')}>
      <div class="cap">{t('now.needs')}</div>
      {allowed.filter((name) => !watched.includes(name)).map(entry)}
      <div class="cap">{t('queue.watch')}</div>
      {allowed.filter((name) => watched.includes(name)).map(entry)}
    </nav>
  );
}

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

function Rows({
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

type Loader = (signal: AbortSignal) => Promise<readonly Group[]>;

const ordersOf = (filter: Record<string, string | boolean>, signal: AbortSignal) =>
  get<Page<OrderView>>(withQuery('/v1/orders', { ...filter, limit: 100 }), signal).then(({ data }) => data);

const LOADERS: Readonly<Record<QueueName, Loader>> = {
  attention: async (signal) => {
    const orders = await ordersOf({ attention: true }, signal);
    const mine = orders.filter(({ attention }) => !hasOwnQueue(attention));
    return byCause(mine).map(({ step, code, orders: ofCause }) => ({
      title: <CauseTitle step={step} code={code} count={ofCause.length} />,
      rows: ofCause.map(attentionRow),
    }));
  },
  'carrier-lost': async (signal) => {
    const orders = await ordersOf({ attention: true }, signal);
    return [
      {
        rows: orders
          .filter(({ attention }) => attention && stepKind(attention.step) === 'carry')
          .map(attentionRow),
      },
    ];
  },
  review: async (signal) => [
    {
      title: <ReviewTitle />,
      rows: (await ordersOf({ status: 'in_review' }, signal)).map(reviewRow).sort(byDeadline),
    },
  ],
  disputes: async (signal) => {
    const { data } = await get<Page<DisputeView>>('/v1/disputes?limit=100', signal);
    return [{ rows: data.filter(needsEvidence).map(disputeRow) }];
  },
  oversold: async (signal) => {
    const items = await allStock(signal);
    return [{ rows: items.filter(({ oversold }) => oversold > 0).map(oversoldRow) }];
  },
  returns: async (signal) => {
    const pages = await Promise.all(
      ['requested', 'open'].map((status) =>
        get<Page<ReturnView>>(withQuery('/v1/returns', { status, limit: 100 }), signal),
      ),
    );
    return pages.map(({ data }) => ({ rows: data.map(returnRow) }));
  },
  'dead-letters': async (signal) => {
    const { data } = await get<Page<DeadLetterSummary>>('/v1/dead-letters?limit=100', signal);
    return [{ rows: data.map(deadLetterRow) }];
  },
  webhooks: async (signal) => {
    const { data } = await get<Page<WebhookEndpointView>>('/v1/webhook-endpoints?limit=100', signal);
    return [{ rows: data.filter(isUnwell).map(endpointRow) }];
  },
  'audit-differences': async (signal) => {
    const { data } = await get<{ data: AuditView[] }>('/v1/audits?limit=5', signal);
    const last = data.find(({ state }) => state === 'done');
    if (last === undefined) return [];
    const { differences = [] } = await get<AuditView>(pathOf('audits', last.auditId), signal);
    return [{ rows: differences.map((difference, index) => differenceRow(last, difference, index)) }];
  },
  'payment-unknown': async (signal) => [
    { rows: (await ordersOf({ status: 'payment_unknown' }, signal)).map(plainRow) },
  ],
  holds: async (signal) => {
    const orders = await ordersOf({ status: 'paid' }, signal);
    return [
      {
        rows: orders
          .filter(({ payment }) => payment.capturable > 0 && payment.captureBefore !== undefined)
          .map((order) => ({
            ...plainRow(order),
            due: order.payment.captureBefore !== undefined && <When at={order.payment.captureBefore} />,
          })),
      },
    ];
  },
  late: async (signal) => {
    const statuses = ['allocated', 'label_bought', 'handed_over', 'in_transit'];
    const pages = await Promise.all(
      statuses.map((status) =>
        get<Page<ListedShipmentView>>(withQuery('/v1/shipments', { status, limit: 100 }), signal),
      ),
    );
    const now = Date.now();
    return [
      {
        rows: pages
          .flatMap(({ data }) => data)
          .filter((shipment) => isLate(shipment, now))
          .map(shipmentRow),
      },
    ];
  },
};

const HOUR_MS = 3_600_000;
/** As the server counts the queue: not handed over after 48 hours, or not delivered after 14 days. */
const isLate = ({ handedOverAt, createdAt }: ListedShipmentView, now: number): boolean =>
  handedOverAt === undefined
    ? now - Date.parse(createdAt) > 48 * HOUR_MS
    : now - Date.parse(handedOverAt) > 14 * 24 * HOUR_MS;

/** Steps with a queue of their own are not shown twice. */
const hasOwnQueue = (attention: AttentionView | null): boolean =>
  attention !== null && ['carry', 'dispute'].includes(stepKind(attention.step));

/** Every item: there is no filter for those in trouble. At most ten pages. */
export async function allStock(signal: AbortSignal): Promise<StockItem[]> {
  const items: StockItem[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 10; page += 1) {
    const found = await get<Page<StockItem>>(withQuery('/v1/stock', { limit: 100, cursor }), signal);
    items.push(...found.data);
    cursor = found.nextCursor;
    if (cursor === undefined) break;
  }
  return items;
}

export const isUnwell = ({ state, failingSince }: WebhookEndpointView): boolean =>
  state === 'disabled' || failingSince !== undefined;

function CauseTitle({ step, code, count }: { step: string; code: string; count: number }) {
  const { t, f } = useTexts();
  return (
    <div class="row">
      <span class="grow clip">
        {f.count(count)} × <code>{step}</code>{' '}
        <small>{textOr(`cause.${code}`, code === '' ? t(`step.${stepKind(step)}`) : code)}</small>
      </span>
      <BatchButton
        actions={['retry', 'skip', 'resolve']}
        choices={[
          {
            text: t('batch.everything'),
            orders: { query: { queue: 'attention' }, cause: { step, code } },
          },
        ]}
      />
    </div>
  );
}

function ReviewTitle() {
  const { t } = useTexts();
  return (
    <div class="row">
      <span class="grow clip">{t('queue.review')}</span>
      <BatchButton
        actions={['approve', 'reject']}
        choices={[{ text: t('batch.everything'), orders: { query: { queue: 'review' } } }]}
      />
    </div>
  );
}

const orderBase = (order: OrderView) => ({
  id: order.orderId,
  to: { page: 'order', orderId: order.orderId } as const,
  title: <Id id={order.orderId} />,
  state: <StatusPill status={order.status} />,
  order,
});

function attentionRow(order: OrderView): Row {
  const { attention } = order;
  return {
    ...orderBase(order),
    ...(attention && {
      since: attention.since,
      due:
        attention.deadline === undefined ? (
          <NextTry attention={attention} />
        ) : (
          <When at={attention.deadline} />
        ),
    }),
    amount: money(order.total, order.currency),
    inspect: () => attention && <InspectAttention order={order} attention={attention} />,
    ways: (attention?.actions ?? []).map((action) => ({
      key: WAY_KEYS[action],
      scope: 'orders:repair',
      verb: textOr(`attention.${action}.verb`, action),
      text: attention ? wayText(action, attention) : '',
      dialog: askFor((done) => attentionAction(order, action, done)),
    })),
  };
}

function NextTry({ attention }: { attention: AttentionView }) {
  const { t } = useTexts();
  return waitsForYou(attention) ? (
    <span class="is-act">{t('queue.waits')}</span>
  ) : (
    <span class="faint">{t('queue.byItself')}</span>
  );
}

function InspectAttention({ order, attention }: { order: OrderView; attention: AttentionView }) {
  const { t, f } = useTexts();
  const { captured, refunded } = order.payment;
  return (
    <>
      <h3>{attentionTitle(attention)}</h3>
      <pre>
        {attention.step} {t('attention.tries', { n: attention.attempts })}
        {'\n'}
        {attention.reason}
      </pre>
      <Facts>
        <Fact name={t('queue.since')}>
          <When at={attention.since} />
        </Fact>
        <Fact name={t('attention.deadline')}>
          {attention.deadline !== undefined && <When at={attention.deadline} />}
        </Fact>
        <Fact name={t('orders.total')}>{f.money(order.total, order.currency)}</Fact>
        <Fact name={t('money.captured')}>
          {f.money(captured, order.currency)}
          {refunded > 0 && <>, {t('queue.givenBack', { amount: f.money(refunded, order.currency) })}</>}
        </Fact>
      </Facts>
    </>
  );
}

function reviewRow(order: OrderView): Row {
  return {
    ...orderBase(order),
    amount: money(order.total, order.currency),
    since: order.createdAt,
    due: order.review && <Due at={order.review.deadline} />,
    inspect: () => <InspectReview order={order} />,
    ways: (['approve', 'reject'] as const).map((decision) => ({
      key: decision === 'approve' ? 'a' : 'n',
      scope: 'orders:review',
      verb: textOr(`review.${decision}.verb`, decision),
      text: textOr(`review.${decision}.short`, ''),
      dialog: askFor((done) => reviewAction(order, decision, done)),
    })),
  };
}
const byDeadline = (a: Row, b: Row): number =>
  (a.order?.review?.deadline ?? '').localeCompare(b.order?.review?.deadline ?? '');

function InspectReview({ order }: { order: OrderView }) {
  const { t, f } = useTexts();
  return (
    <>
      <h3>{t('review.question', { amount: f.money(order.total, order.currency) })}</h3>
      <Facts>
        <Fact name={t('review.reasons')}>
          {order.review?.reasons.map((reason) => (
            <div key={reason}>{textOr(`reviewReason.${reason}`, reason)}</div>
          ))}
        </Fact>
        <Fact name={t('attention.deadline')}>{order.review && <When at={order.review.deadline} />}</Fact>
        <Fact name={t('lines.title')}>
          {order.lines.map(({ line, quantity, sku }) => (
            <div key={line}>
              {quantity} × <span class="mono">{sku}</span>
            </div>
          ))}
        </Fact>
        <Fact name={t('customer.mail')}>
          {order.customer && <span class="masked">{order.customer.email}</span>}
        </Fact>
      </Facts>
    </>
  );
}

/** Until when: amber, and red in the last hours. */
function Due({ at, urgentMs = HOUR_MS }: { at: string; urgentMs?: number }) {
  const { t, f } = useTexts();
  const left = Date.parse(at) - useNow(15_000);
  return (
    <span class={left < urgentMs ? 'is-bad' : 'is-warn'} title={f.exact(at)}>
      {left < 0 ? t('queue.overdue', { age: f.age(-left) }) : t('queue.in', { age: f.age(left) })}
    </span>
  );
}

function disputeRow(dispute: DisputeView): Row {
  return {
    id: dispute.disputeId,
    to: { page: 'order', orderId: dispute.orderId },
    title: <Id id={dispute.orderId} />,
    state: (
      <Pill colour={disputeColour(dispute, Date.now())} icon="flag">
        {dispute.reason}
      </Pill>
    ),
    amount: money(dispute.amount, dispute.currency),
    since: dispute.openedAt,
    due: dispute.evidenceDueAt !== undefined && <Due at={dispute.evidenceDueAt} urgentMs={72 * HOUR_MS} />,
    inspect: () => <InspectDispute dispute={dispute} />,
  };
}

function InspectDispute({ dispute }: { dispute: DisputeView }) {
  const { t, f } = useTexts();
  return (
    <>
      <h3>{t('disputes.question', { amount: f.money(dispute.amount, dispute.currency) })}</h3>
      <p class="muted">{t('disputes.how')}</p>
      <Facts>
        <Fact name={t('disputes.reason')}>
          <code>{dispute.reason}</code>
        </Fact>
        <Fact name={t('disputes.status')}>
          <code>{dispute.status}</code>
        </Fact>
        <Fact name={t('disputes.due')}>
          {dispute.evidenceDueAt !== undefined && <When at={dispute.evidenceDueAt} />}
        </Fact>
        <Fact name={t('disputes.money')}>
          {dispute.fundsWithdrawn ? t('disputes.taken') : t('disputes.notTaken')}
        </Fact>
        <Fact name={t('disputes.title')}>
          <Id id={dispute.disputeId} />
        </Fact>
      </Facts>
    </>
  );
}

function oversoldRow(item: StockItem): Row {
  return {
    id: item.sku,
    to: { page: 'stock', sku: item.sku },
    title: <span class="mono">{item.sku}</span>,
    state: <OversoldPill item={item} />,
    inspect: () => <InspectOversold item={item} />,
  };
}
function OversoldPill({ item }: { item: StockItem }) {
  const { t } = useTexts();
  return (
    <Pill colour="red" icon="alert">
      {t('stockState.oversold', { n: item.oversold })}
    </Pill>
  );
}
function InspectOversold({ item }: { item: StockItem }) {
  const { t, f } = useTexts();
  return (
    <>
      <h3>{item.title}</h3>
      <p class="muted">{t('stock.oversoldHow')}</p>
      <Facts>
        <Fact name={t('stock.onHand')}>{f.count(item.onHand)}</Fact>
        <Fact name={t('stock.held')}>{f.count(item.held)}</Fact>
        <Fact name={t('stock.committed')}>{f.count(item.committed)}</Fact>
      </Facts>
    </>
  );
}

function returnRow(view: ReturnView): Row {
  return {
    id: view.returnId,
    to: { page: 'order', orderId: view.orderId },
    title: <Id id={view.orderId} />,
    state: (
      <Pill colour={view.status === 'requested' ? 'violet' : 'blue'} icon="box">
        {textOr(`return.${view.status}`, view.status)}
      </Pill>
    ),
    since: view.createdAt,
    inspect: () => <InspectReturn view={view} />,
    ways:
      view.status === 'requested'
        ? [returnWay(view, 'open'), returnWay(view, 'decline')]
        : [receiveWay(view), returnWay(view, 'close'), returnWay(view, 'cancel')],
  };
}

const RETURN_KEYS = { open: 'a', decline: 'n', close: 's', cancel: 'x' } as const;

function returnWay(view: ReturnView, action: keyof typeof RETURN_KEYS): WayOf {
  const verb = textOr(`returns.${action}.verb`, action);
  const text = textOr(`returns.${action}.what`, '');
  return {
    key: RETURN_KEYS[action],
    scope: 'returns:write',
    verb,
    text,
    dialog: askFor((done) => ({
      title: `${verb}: ${textOr('returns.title', '')} ${view.number}`,
      what: [text],
      verb,
      isDanger: action === 'decline' || action === 'cancel',
      note: action === 'decline' ? 'required' : 'optional',
      run: ({ note }) =>
        send('POST', pathOf('returns', view.returnId, action), { body: note === undefined ? {} : { note } }),
      result: () => textOr('action.done', ''),
      onDone: done,
    })),
  };
}

const receiveWay = (view: ReturnView): WayOf => ({
  key: 'a',
  scope: 'returns:write',
  verb: textOr('returns.receive.way', ''),
  text: textOr('returns.receive.short', ''),
  dialog: (props) => <ReceiveDialog view={view} {...props} />,
});

function InspectReturn({ view }: { view: ReturnView }) {
  const { t } = useTexts();
  return (
    <>
      <h3>{t(view.status === 'requested' ? 'returns.question' : 'returns.expected')}</h3>
      <Facts>
        <Fact name={t('lines.title')}>
          {view.lines.map(({ line, sku, quantity, received }) => (
            <div key={line}>
              {quantity} × <span class="mono">{sku}</span>{' '}
              <span class="faint">{t('returns.received', { n: received })}</span>
            </div>
          ))}
        </Fact>
        <Fact name={t('disputes.reason')}>{view.reason}</Fact>
        <Fact name={t('returns.tracking')}>{view.trackingCode}</Fact>
      </Facts>
    </>
  );
}

function deadLetterRow(letter: DeadLetterSummary): Row {
  return {
    id: letter.deadLetterId,
    to: { page: 'dead-letters', id: letter.deadLetterId },
    title: <span class="mono">{letter.type ?? letter.deadLetterId}</span>,
    state: (
      <Pill colour="flag" icon="mail">
        {letter.source}
      </Pill>
    ),
    since: letter.firstSeenAt,
    due: <code>{letter.reason}</code>,
    inspect: () => (
      <>
        <h3>
          <code>{letter.reason}</code>
        </h3>
        <pre>{letter.detail}</pre>
      </>
    ),
  };
}

function endpointRow(endpoint: WebhookEndpointView): Row {
  return {
    id: endpoint.endpointId,
    to: { page: 'webhooks', id: endpoint.endpointId },
    title: <span class="mono">{new URL(endpoint.url).host}</span>,
    state: (
      <Pill colour={endpoint.state === 'disabled' ? 'red' : 'amber'} icon="send">
        {textOr(`endpoint.${endpoint.state === 'enabled' ? 'failing' : endpoint.state}`, endpoint.state)}
      </Pill>
    ),
    since: endpoint.failingSince ?? endpoint.stateSince,
    inspect: () => <pre>{endpoint.url}</pre>,
  };
}

function differenceRow(
  audit: AuditView,
  { rule, orderId, detail, whatToDo }: NonNullable<AuditView['differences']>[number],
  index: number,
): Row {
  return {
    id: `${rule}-${index}`,
    to: orderId === undefined ? { page: 'audits', id: audit.auditId } : { page: 'order', orderId },
    title: <span class="mono">{rule}</span>,
    state: (
      <Pill colour="red" icon="shield">
        {orderId === undefined ? '–' : <Id id={orderId} />}
      </Pill>
    ),
    ...(audit.finishedAt !== undefined && { since: audit.finishedAt }),
    inspect: () => (
      <>
        <h3>{rule}</h3>
        <pre>{detail}</pre>
        <p>{whatToDo}</p>
      </>
    ),
  };
}

function plainRow(order: OrderView): Row {
  return {
    ...orderBase(order),
    amount: money(order.total, order.currency),
    since: order.createdAt,
    inspect: () => <InspectPlain order={order} />,
  };
}
function InspectPlain({ order }: { order: OrderView }) {
  const { t, f } = useTexts();
  return (
    <Facts>
      <Fact name={t('orders.total')}>{f.money(order.total, order.currency)}</Fact>
      <Fact name={t('else.payment')}>
        {order.payment.paymentIntentId !== undefined && <Id id={order.payment.paymentIntentId} />}
      </Fact>
      <Fact name={t('attention.deadline')}>
        {order.payment.captureBefore !== undefined && <When at={order.payment.captureBefore} />}
      </Fact>
    </Facts>
  );
}

function shipmentRow(shipment: ListedShipmentView): Row {
  return {
    id: shipment.shipmentId,
    to: { page: 'order', orderId: shipment.orderId },
    title: <Id id={shipment.orderId} />,
    state: (
      <Pill {...SHIPMENT_LOOK[shipment.status]}>
        {textOr(`shipment.${shipment.status}`, shipment.status)}
      </Pill>
    ),
    since: shipment.handedOverAt ?? shipment.createdAt,
    due: shipment.carrier ?? shipment.location,
    inspect: () => (
      <Facts>
        <Fact name={shipment.location}>
          {shipment.lines.map(({ quantity, sku }) => `${quantity} × ${sku}`).join(', ')}
        </Fact>
        <Fact name={shipment.carrier ?? ''}>{shipment.trackingCode}</Fact>
      </Facts>
    ),
  };
}

const money = (amount: number, currency: string): string => texts().f.money(amount, currency);
