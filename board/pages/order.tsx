import { useEffect, useState } from 'preact/hooks';
import type { MailView } from '../../src/contracts/http/mail.ts';
import type { OrderEvent, OrderLine, OrderView } from '../../src/contracts/http/order.ts';
import type { ShipmentView } from '../../src/contracts/http/shipments.ts';
import type { ReturnView } from '../../src/contracts/http/returns.ts';
import { get, pathOf, send, withQuery } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { hasScope } from '../api/session.ts';
import { eventColour, eventDetails, eventName } from '../lib/events.ts';
import { shortId } from '../lib/ids.ts';
import { ledgerOf } from '../lib/ledger.ts';
import { hrefOf } from '../lib/router.ts';
import { paymentLook, SHIPMENT_LOOK } from '../lib/status.ts';
import { useData, useNow } from '../state/data.ts';
import { useKeys } from '../state/keys.ts';
import { go, trail } from '../state/navigation.ts';
import { useOrder } from '../state/order.ts';
import { useStore } from '../lib/store.ts';
import { tell } from '../state/toasts.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { ActorName } from '../ui/actor.tsx';
import {
  ActionButton,
  Age,
  Block,
  Card,
  copy,
  Fact,
  Facts,
  Icon,
  Id,
  NeedsScope,
  Pill,
  ProblemNote,
  Skeleton,
  useTitle,
  When,
} from '../ui/basics.tsx';
import { ActionDialog, dialogOf, type ActionOf, type Opened } from '../ui/dialog.tsx';
import {
  attentionAction,
  attentionTitle,
  captureAction,
  refundable,
  resendAction,
  reviewAction,
  useCancelAction,
  useRefundAction,
  WAY_KEYS,
  wayText,
} from '../ui/order-actions.tsx';
import { OrderPills } from '../ui/order-pills.tsx';

export const OrderPage = ({ orderId }: { orderId: string }) => (
  <NeedsScope scope="orders:read">
    <Order key={orderId} orderId={orderId} />
  </NeedsScope>
);

function Order({ orderId }: { orderId: string }) {
  const { t } = useTexts();
  useTitle(shortId(orderId));
  const { order, events, problem, refresh } = useOrder(orderId);
  if (order === undefined) {
    if (problem === undefined) return <Skeleton rows={10} />;
    return problem.status === 404 ? (
      <>
        <Crumbs orderId={orderId} />
        <h1>{t('order.none')}</h1>
        <p class="muted">
          <Id id={orderId} whole />
        </p>
      </>
    ) : (
      <ProblemNote problem={problem} retry={refresh} />
    );
  }
  return (
    <>
      {problem && <ProblemNote problem={problem} retry={refresh} />}
      <Loaded order={order} events={events} refresh={refresh} />
    </>
  );
}

type Asked = 'refund' | 'cancel' | Opened;

function Loaded({
  order,
  events,
  refresh,
}: {
  order: OrderView;
  events: readonly OrderEvent[];
  refresh: () => void;
}) {
  const { t, f } = useTexts();
  const [asked, setAsked] = useState<Asked>();
  const ask = <T,>(action: ActionOf<T>) => {
    setAsked(dialogOf(action));
  };
  const { actions = [] } = order.attention ?? {};
  const canRefund = refundable(order) > 0 && hasScope('payments:write');
  const canCancel = hasScope('orders:write') && isCancellable(order);
  useKeys([
    ...(hasScope('orders:repair')
      ? actions.map((action) => ({
          keys: WAY_KEYS[action],
          label: t(`attention.${action}.verb`),
          run: () => {
            ask(attentionAction(order, action, refresh));
          },
        }))
      : []),
    ...(canRefund
      ? [
          {
            keys: 'm',
            label: t('order.refund'),
            run: () => {
              setAsked('refund');
            },
          },
        ]
      : []),
    ...(canCancel
      ? [
          {
            keys: 'c',
            label: t('order.cancel'),
            run: () => {
              setAsked('cancel');
            },
          },
        ]
      : []),
    {
      keys: 'y',
      label: t('keys.copyId'),
      run: () => {
        copy(order.orderId);
      },
    },
    {
      keys: 'Y',
      label: t('keys.copyLink'),
      run: () => {
        copy(location.href);
      },
    },
  ]);
  const close = () => {
    setAsked(undefined);
  };
  return (
    <>
      <div class="stack tight">
        <Crumbs orderId={order.orderId} />
        <div class="title">
          <div class="grow">
            <div class="row wrap">
              <h1 class="oid">
                <Id id={order.orderId} whole />
              </h1>
              <button
                type="button"
                class="btn icon sm plain"
                aria-label={t('keys.copyId')}
                onClick={() => {
                  copy(order.orderId);
                  tell(t('order.copied'));
                }}
              >
                <Icon name="copy" small />
              </button>
              <OrderPills order={order} large />
            </div>
            <p>
              {f.money(order.total, order.currency)}, {t('orders.lineCount', { n: order.lines.length })},{' '}
              {t('order.placed')} <When at={order.createdAt} />. {t('order.changedBefore')}{' '}
              <Age at={order.updatedAt} /> {t('order.changedAfter')}
            </p>
          </div>
          <div class="side-r">
            {order.status === 'in_review' &&
              (['approve', 'reject'] as const).map((decision) => (
                <ActionButton
                  key={decision}
                  scope="orders:review"
                  onClick={() => {
                    ask(reviewAction(order, decision, refresh));
                  }}
                >
                  {t(`review.${decision}.verb`)}…
                </ActionButton>
              ))}
            {order.payment.capturable > 0 && order.payment.status !== 'cancelled' && (
              <ActionButton
                scope="payments:write"
                onClick={() => {
                  ask(captureAction(order, refresh));
                }}
              >
                {t('order.capture')}
              </ActionButton>
            )}
            {refundable(order) > 0 && (
              <ActionButton
                scope="payments:write"
                shortcut="m"
                onClick={() => {
                  setAsked('refund');
                }}
              >
                {t('order.refund')}
              </ActionButton>
            )}
            {isCancellable(order) && (
              <ActionButton
                scope="orders:write"
                shortcut="c"
                onClick={() => {
                  setAsked('cancel');
                }}
              >
                {t('order.cancel')}
              </ActionButton>
            )}
          </div>
        </div>
      </div>
      <Parked order={order} ask={ask} refresh={refresh} />
      <div class="two">
        <div class="stack">
          <Lines order={order} />
          <Money order={order} events={events} />
          <Events events={events} order={order} />
        </div>
        <aside class="stack" aria-label={t('order.more')}>
          <CustomerCard order={order} />
          {order.shipments.length > 0 && <Shipments shipments={order.shipments} />}
          {order.returns.length > 0 && <Returns returns={order.returns} />}
          {order.disputes.length > 0 && <Disputes order={order} />}
          {hasScope('mails:read') && <Mails order={order} ask={ask} events={events.length} />}
          <Elsewhere order={order} />
        </aside>
      </div>
      {asked === 'refund' && <RefundDialog order={order} onDone={refresh} onClose={close} />}
      {asked === 'cancel' && <CancelDialog order={order} onDone={refresh} onClose={close} />}
      {typeof asked === 'object' && asked.show(close)}
    </>
  );
}

interface OrderDialogProps {
  order: OrderView;
  onDone: () => void;
  onClose: () => void;
}
const RefundDialog = ({ order, onDone, onClose }: OrderDialogProps) => (
  <ActionDialog action={useRefundAction(order, onDone)} onClose={onClose} />
);
const CancelDialog = ({ order, onDone, onClose }: OrderDialogProps) => (
  <ActionDialog action={useCancelAction(order, onDone)} onClose={onClose} />
);

const ENDED = ['cancelled', 'out_of_stock', 'payment_failed', 'rejected', 'expired', 'refunded', 'closed'];
const isCancellable = (order: OrderView): boolean =>
  !ENDED.includes(order.status) &&
  order.lines.some(({ quantity, cancelled, shipped }) => quantity > cancelled + shipped);

/** The path back, with the place in the list that the order was opened from. */
function Crumbs({ orderId }: { orderId: string }) {
  const { t, f } = useTexts();
  const { from, title, ids } = useStore(trail);
  const at = ids.indexOf(orderId);
  const step = (by: number) => {
    const next = ids[at + by];
    if (at !== -1 && next !== undefined) go({ page: 'order', orderId: next }, { replace: true });
  };
  useKeys([
    {
      keys: 'u',
      label: t('keys.back'),
      run: () => {
        go(from);
      },
    },
    {
      keys: 'j',
      label: t('keys.next'),
      run: () => {
        step(1);
      },
    },
    {
      keys: 'k',
      label: t('keys.previous'),
      run: () => {
        step(-1);
      },
    },
  ]);
  return (
    <nav class="crumbs" aria-label={t('order.path')}>
      <a href={from}>{title === '' ? t('nav.orders') : title}</a>
      <Icon name="right" small />
      {at === -1 ? (
        <span>{shortId(orderId)}</span>
      ) : (
        <>
          <span>{t('order.place', { at: f.count(at + 1), all: f.count(ids.length) })}</span>
          {at + 1 < ids.length && (
            <span class="only-wide row" aria-hidden="true">
              <kbd>j</kbd> {t('order.next')}
            </span>
          )}
        </>
      )}
    </nav>
  );
}

/** The step that waits for an operator, with its ways and what each does. */
function Parked({
  order,
  ask,
  refresh,
}: {
  order: OrderView;
  ask: (action: ActionOf<OrderView>) => void;
  refresh: () => void;
}) {
  const { t } = useTexts();
  const { attention } = order;
  if (attention === null) return null;
  return (
    <section class="parked" aria-labelledby="parked">
      <div class="what">
        <div class="row wrap">
          <Pill colour="act" icon="alert">
            {t('flag.attention')}
          </Pill>
          <b id="parked" class="strong">
            {attentionTitle(attention)}
          </b>
          <span class="muted">
            {t('attention.for')} <Age at={attention.since} />
          </span>
          {attention.deadline !== undefined && (
            <span class="is-warn">
              {t('attention.until')} <When at={attention.deadline} />
            </span>
          )}
        </div>
        <p class="muted">
          <code>
            {attention.step}, {t('attention.tries', { n: attention.attempts })}
          </code>{' '}
          {attention.reason}
        </p>
      </div>
      <div class="ways">
        {attention.actions.map((action) => (
          <div key={action} class="way">
            <p>
              <b>{t(`attention.${action}.verb`)}.</b> {wayText(action, attention)}
            </p>
            <div>
              <ActionButton
                scope="orders:repair"
                shortcut={WAY_KEYS[action]}
                onClick={() => {
                  ask(attentionAction(order, action, refresh));
                }}
              >
                {t(`attention.${action}.verb`)}…
              </ActionButton>
            </div>
          </div>
        ))}
      </div>
    </section>
  );
}

function Lines({ order }: { order: OrderView }) {
  const { t, f } = useTexts();
  return (
    <Card title={t('lines.title')}>
      <table class="ledger">
        <thead>
          <tr>
            <th>{t('lines.item')}</th>
            <th class="num">{t('lines.quantity')}</th>
            <th class="num hide">{t('lines.each')}</th>
            <th class="num">{order.currency}</th>
            <th class="hide">{t('lines.became')}</th>
          </tr>
        </thead>
        <tbody>
          {order.lines.map((line) => (
            <tr key={line.line}>
              <td>
                <b class="strong">{line.title}</b> <span class="faint mono">{line.sku}</span>
                <div class="only-phone faint">
                  <Became line={line} />
                </div>
              </td>
              <td class="num">{line.quantity}</td>
              <td class="num hide">{f.amount(line.unitPrice, order.currency)}</td>
              <td class="num">{f.amount(line.total, order.currency)}</td>
              <td class="hide">
                <div class="row">
                  <span class="barw">
                    <LineBar line={line} />
                  </span>
                  <span class="muted">
                    <Became line={line} />
                  </span>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

const LINE_PARTS = ['delivered', 'shipped', 'returned', 'cancelled'] as const;

/** What became of the pieces of a line. What was delivered was shipped before, and is said once. */
function Became({ line }: { line: OrderLine }) {
  const { t } = useTexts();
  const counts = { ...line, shipped: Math.max(0, line.shipped - line.delivered) };
  const parts = LINE_PARTS.filter((part) => counts[part] > 0).map((part) =>
    t(`lines.${part}`, { n: counts[part] }),
  );
  if (line.refunded > 0) parts.push(t('lines.refunded', { n: line.refunded }));
  return <>{parts.length === 0 ? t('lines.nothing') : parts.join(', ')}</>;
}

function LineBar({ line }: { line: OrderLine }) {
  const width = (pieces: number) => ((Math.max(0, pieces) / Math.max(1, line.quantity)) * 100).toFixed(1);
  const kept = line.delivered - line.returned;
  const under = line.shipped - line.delivered;
  const back = line.cancelled + line.returned;
  return (
    <svg class="qsvg" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="q-none" width="100" height="8" />
      <rect class="q-done" width={width(kept)} height="8" />
      <rect class="q-sent" x={width(kept)} width={width(under)} height="8" />
      <rect class="q-back" x={width(kept + under)} width={width(back)} height="8" />
    </svg>
  );
}

/** What came in, what went out, and what the shop keeps. */
function Money({ order, events }: { order: OrderView; events: readonly OrderEvent[] }) {
  const { t, f } = useTexts();
  const now = useNow(60_000);
  const look = paymentLook(order, now);
  const { rows, kept } = ledgerOf(order, events);
  const { captureBefore, captured, declineCode } = order.payment;
  const amount = (value: number) => f.amount(value, order.currency);
  return (
    <Card
      title={t('money.title')}
      more={
        <Pill colour={look.colour} icon={look.icon}>
          {t(look.text, {
            until: captureBefore === undefined ? '' : f.day(captureBefore),
            captured: amount(captured),
            total: f.money(order.total, order.currency),
            reason: declineCode === undefined ? '' : textOr(`reason.${declineCode}`, declineCode),
          })}
        </Pill>
      }
    >
      <table class="ledger">
        <thead>
          <tr>
            <th class="hide">{t('now.time')}</th>
            <th>{t('money.what')}</th>
            <th class="num">{t('money.in')}</th>
            <th class="num">
              {t('money.out')} {order.currency}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.length === 0 && (
            <tr>
              <td class="hide" />
              <td class="muted" colSpan={3}>
                {t('money.none')}
              </td>
            </tr>
          )}
          {rows.map((row, index) => {
            const text = row.state === 'void' ? <s>{amount(row.amount)}</s> : amount(row.amount);
            return (
              <tr key={index} class={row.state === 'pending' ? 'pend' : ''}>
                <td class="hide nowrap faint">{row.at !== undefined && <When at={row.at} />}</td>
                <td>
                  {row.refund === undefined ? (
                    t(`money.${row.kind === 'refund' ? 'captured' : row.kind}`)
                  ) : (
                    <>
                      {t('money.refund', { n: row.refund.number })}{' '}
                      <span class="muted">
                        {t(`refundKind.${row.refund.kind}`)}, {t(`refundStatus.${row.refund.status}`)}
                        {row.refund.reason !== undefined && <>: “{row.refund.reason}”</>}
                      </span>
                    </>
                  )}
                </td>
                <td class="num">{row.direction === 'in' && text}</td>
                <td class="num">{row.direction === 'out' && text}</td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <td class="hide" />
            <td>{t('money.kept')}</td>
            <td class="num">{amount(kept)}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </Card>
  );
}

/** Newest first, by day. */
function Events({ events, order }: { events: readonly OrderEvent[]; order: OrderView }) {
  const { t, f } = useTexts();
  const newest = [...events].sort((a, b) => b.sequence - a.sequence);
  const days = new Map<string, OrderEvent[]>();
  for (const event of newest) {
    const day = f.day(event.occurredAt);
    days.set(day, [...(days.get(day) ?? []), event]);
  }
  return (
    <Card title={t('events.title')} more={t('events.count', { n: events.length })}>
      {[...days].map(([day, ofDay]) => (
        <div key={day}>
          <div class="tl-day">
            {f.isSameDay(new Date(ofDay[0]?.occurredAt ?? 0), new Date()) ? t('events.today') : day}
          </div>
          <ol class="tl">
            {ofDay.map((event) => (
              <EventLine key={event.sequence} event={event} order={order} />
            ))}
          </ol>
        </div>
      ))}
      <div class="endpad" />
    </Card>
  );
}

function EventLine({ event, order }: { event: OrderEvent; order: OrderView }) {
  const { f } = useTexts();
  const name = eventName(event.type);
  const { note = event.reason, step, code, amount, trackingCode } = eventDetails(event.data);
  return (
    <li>
      <time dateTime={event.occurredAt} title={f.exact(event.occurredAt)}>
        {f.clock(event.occurredAt)}
      </time>
      <span class={`pt ${eventColour(event.type)}`} />
      <span>
        {textOr(`event.${name}`, textOr(`status.${name}`, name))}
        {amount !== undefined && <>, {f.money(amount, order.currency)}</>}
        {step !== undefined && (
          <>
            {' '}
            <code>{step}</code>
          </>
        )}
        {code !== undefined && code !== note && <span class="muted"> {textOr(`reason.${code}`, code)}</span>}
        {trackingCode !== undefined && (
          <>
            {' '}
            <Id id={trackingCode} whole />
          </>
        )}
        {note !== undefined && (
          <>
            {' '}
            <q>“{note}”</q>
          </>
        )}
      </span>
      <ActorName of={event.actor} />
    </li>
  );
}

interface Revealed {
  customer?: OrderView['customer'];
  shipping?: OrderView['shipping'];
}
/** What was revealed is shown for so long. Milliseconds. */
const REVEALED_MS = 60_000;

/** Personal data, masked by the server. Revealing is logged, and ends after a minute. */
function CustomerCard({ order }: { order: OrderView }) {
  const { t } = useTexts();
  const [revealed, setRevealed] = useState<Revealed>();
  const [problem, setProblem] = useState<ApiProblem>();
  useEffect(() => {
    if (revealed === undefined) return;
    const timer = setTimeout(() => {
      setRevealed(undefined);
    }, REVEALED_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [revealed]);
  const reveal = () => {
    send<Revealed>('POST', pathOf('orders', order.orderId, 'reveal')).then(
      (shown) => {
        setProblem(undefined);
        setRevealed(shown);
      },
      (error: unknown) => {
        if (error instanceof ApiProblem) setProblem(error);
      },
    );
  };
  const canReveal = order.customer !== undefined && hasScope('customers:reveal');
  useKeys(canReveal ? [{ keys: 'p', label: t('customer.reveal'), run: reveal }] : []);
  const customer = revealed?.customer ?? order.customer;
  const shipping = revealed?.shipping ?? order.shipping;
  const look = revealed === undefined ? 'masked' : '';
  const address = shipping && [
    shipping.name,
    shipping.line1,
    shipping.line2,
    [shipping.postalCode, shipping.city].filter(Boolean).join(' '),
    shipping.country,
  ];
  return (
    <Card
      title={t('customer.title')}
      more={
        order.customer !== undefined && (
          <ActionButton scope="customers:reveal" shortcut="p" class="sm" onClick={reveal}>
            <Icon name="eye" small />
            {t('customer.reveal')}
          </ActionButton>
        )
      }
      footer={revealed === undefined ? t('customer.logged') : t('customer.hides')}
    >
      <div class="pad">
        {problem && <ProblemNote problem={problem} />}
        {customer === undefined ? (
          <p class="muted">{t('customer.erased')}</p>
        ) : (
          <Facts>
            <Fact name={t('customer.name')}>
              {customer.name && <span class={look}>{customer.name}</span>}
            </Fact>
            <Fact name={t('customer.mail')}>
              <span class={look}>{customer.email}</span>
            </Fact>
            <Fact name={t('customer.address')}>
              {address && <span class={look}>{address.filter(Boolean).join(', ')}</span>}
            </Fact>
            <Fact name={t('customer.language')}>{order.locale}</Fact>
          </Facts>
        )}
      </div>
    </Card>
  );
}

const TRACK = ['allocated', 'label_bought', 'handed_over', 'in_transit', 'delivered'] as const;
const REACHED: Readonly<Partial<Record<ShipmentView['status'], number>>> = {
  pending: -1,
  allocated: 0,
  label_bought: 1,
  handed_over: 2,
  in_transit: 3,
  out_for_delivery: 3,
  delivered: 4,
};

function Shipments({ shipments }: { shipments: readonly ShipmentView[] }) {
  const { t } = useTexts();
  return (
    <Card title={t('ship.title')} more={String(shipments.length)}>
      {shipments.map((shipment) => {
        const reached = REACHED[shipment.status];
        const at = shipment.deliveredAt ?? shipment.handedOverAt ?? shipment.createdAt;
        return (
          <div key={shipment.shipmentId} class="ship">
            <div class="row wrap">
              <b class="strong">{shipment.location}</b>
              <span class="muted">
                {shipment.lines.map(({ quantity, sku }) => `${quantity} × ${sku}`).join(', ')}
              </span>
              <span class="grow" />
              <Pill {...SHIPMENT_LOOK[shipment.status]}>{t(`shipment.${shipment.status}`)}</Pill>
            </div>
            {reached !== undefined && (
              <ol class="track">
                {TRACK.map((step, index) => (
                  <li
                    key={step}
                    class={index < reached || reached === 4 ? 'done' : index === reached ? 'now' : ''}
                  >
                    {t(`track.${step}`)}
                  </li>
                ))}
              </ol>
            )}
            <div class="row between faint">
              <span>
                {shipment.carrier}{' '}
                {shipment.trackingCode !== undefined &&
                  (shipment.trackingUrl === undefined ? (
                    <Id id={shipment.trackingCode} />
                  ) : (
                    <a href={shipment.trackingUrl} target="_blank" rel="noreferrer">
                      <Id id={shipment.trackingCode} />
                    </a>
                  ))}
              </span>
              <When at={at} />
            </div>
          </div>
        );
      })}
    </Card>
  );
}

function Returns({ returns }: { returns: readonly ReturnView[] }) {
  const { t } = useTexts();
  return (
    <Card title={t('returns.title')} more={String(returns.length)}>
      {returns.map((view) => (
        <div key={view.returnId} class="ship">
          <div class="row wrap">
            <b class="strong">{t('returns.number', { n: view.number })}</b>
            <span class="grow" />
            <Pill
              colour={view.status === 'requested' ? 'violet' : view.status === 'open' ? 'blue' : 'grey'}
              icon="box"
            >
              {t(`return.${view.status}`)}
            </Pill>
          </div>
          <ul>
            {view.lines.map(({ line, sku, quantity, received }) => (
              <li key={line} class="muted">
                {quantity} × {sku}, {t('returns.received', { n: received })}
              </li>
            ))}
          </ul>
          {view.reason !== undefined && <q class="muted">“{view.reason}”</q>}
        </div>
      ))}
    </Card>
  );
}

function Disputes({ order }: { order: OrderView }) {
  const { t, f } = useTexts();
  return (
    <Card title={t('disputes.title')}>
      <div class="pad">
        {order.disputes.map((dispute) => (
          <Facts key={dispute.disputeId}>
            <Fact name={t('disputes.amount')}>{f.money(dispute.amount, dispute.currency)}</Fact>
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
          </Facts>
        ))}
      </div>
    </Card>
  );
}

function Mails({
  order,
  ask,
  events,
}: {
  order: OrderView;
  ask: (action: ActionOf<unknown>) => void;
  /** The number of events: mails follow them. */
  events: number;
}) {
  const { t } = useTexts();
  const mails = useData(`mails ${order.orderId} ${events}`, (signal) =>
    get<{ data: MailView[] }>(withQuery('/v1/mails', { orderId: order.orderId, limit: 100 }), signal),
  );
  const unsent = mails.data?.data.some(({ status }) => status === 'failed' || status === 'refused') ?? false;
  return (
    <Card
      title={t('mails.title')}
      more={
        unsent && (
          <ActionButton
            scope="orders:repair"
            class="sm"
            onClick={() => {
              ask(resendAction(order, mails.refresh));
            }}
          >
            {t('mails.resend')}
          </ActionButton>
        )
      }
    >
      <Block of={mails} rows={3}>
        {({ data }) => (
          <ul class="list mails">
            {data.length === 0 && <li class="quiet">{t('mails.none')}</li>}
            {data.map(({ messageId, kind, part, status, sentAt, error, attempts }) => (
              <li key={messageId}>
                {textOr(`mail.${kind}`, kind)}
                {part > 1 && ` ${part}`}
                <span class={`age ${status === 'sent' ? '' : status === 'pending' ? '' : 'is-warn'}`}>
                  {sentAt === undefined ? (
                    `${t(`mailStatus.${status}`)} ${error ?? ''} ${attempts > 1 ? `× ${attempts}` : ''}`
                  ) : (
                    <When at={sentAt} />
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Block>
    </Card>
  );
}

function Elsewhere({ order }: { order: OrderView }) {
  const { t } = useTexts();
  return (
    <Card title={t('else.title')}>
      <div class="pad">
        <Facts>
          <Fact name={t('else.payment')}>
            {order.payment.paymentIntentId !== undefined && <Id id={order.payment.paymentIntentId} />}
          </Fact>
          <Fact name={t('else.workflow')}>
            <Id id={`order/${order.orderId}`} />
          </Fact>
          <Fact name={t('else.stock')}>
            {order.reservations.map(({ sku, quantity, location, state }) => (
              <div key={`${sku} ${location} ${state}`}>
                {quantity} ×{' '}
                <a href={hrefOf({ page: 'stock', sku })}>
                  <span class="mono">{sku}</span>
                </a>{' '}
                <span class="faint">
                  {location}, {t(`reservation.${state}`)}
                </span>
              </div>
            ))}
          </Fact>
        </Facts>
      </div>
    </Card>
  );
}
