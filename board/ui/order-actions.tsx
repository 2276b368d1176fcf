import { useState } from 'preact/hooks';
import type { AttentionView, OrderView, RefundView } from '../../src/contracts/http/order.ts';
import { pathOf, send } from '../api/client.ts';
import { reasonCode, stepKind } from '../lib/attention.ts';
import { parseAmount } from '../lib/money.ts';
import type { TextKey } from '../locales/en.ts';
import { settings } from '../state/settings.ts';
import { textOr, texts, useTexts } from '../state/texts.ts';
import type { ActionOf } from './dialog.tsx';

type Way = AttentionView['actions'][number];

/** The key of a way, on the order and in the queue. */
export const WAY_KEYS: Readonly<Record<Way, string>> = { retry: 'r', skip: 's', resolve: 'v' };

/** What a way does, in a sentence: for the step, or in general. */
export function wayText(action: Way, attention: AttentionView): string {
  const general: TextKey = `way.${action}`;
  return textOr(`way.${action}.${stepKind(attention.step)}`, texts().t(general));
}

/** What is wrong, in a sentence. */
export const attentionTitle = (attention: AttentionView): string =>
  textOr(`cause.${reasonCode(attention.reason)}`, textOr(`step.${stepKind(attention.step)}`, attention.step));

export function attentionAction(order: OrderView, action: Way, onDone?: () => void): ActionOf<OrderView> {
  const { t } = texts();
  const { attention } = order;
  const step = attention?.step ?? '';
  const what = attention === null ? [] : [wayText(action, attention), t(`dialog.attention.${action}`)];
  return {
    title: t(`attention.${action}.title`, { step }),
    what,
    verb: t(`attention.${action}.verb`),
    note: action === 'retry' ? 'optional' : 'required',
    run: ({ note, key }) =>
      send('POST', pathOf('orders', order.orderId, 'attention'), {
        body: { action, step, ...(note !== undefined && { note }) },
        idempotencyKey: key,
      }),
    result: () => t(`attention.${action}.done`),
    ...(onDone && { onDone }),
  };
}

export function reviewAction(
  order: OrderView,
  decision: 'approve' | 'reject',
  onDone?: () => void,
): ActionOf<OrderView> {
  const { t, f } = texts();
  const amount = f.money(order.total, order.currency);
  return {
    title: t(`review.${decision}.title`, { amount }),
    what: [t(`review.${decision}.what`, { amount }), t('review.once')],
    verb: t(`review.${decision}.verb`),
    isDanger: decision === 'reject',
    note: decision === 'reject' ? 'required' : 'optional',
    run: ({ note }) =>
      send('POST', pathOf('orders', order.orderId, 'review'), {
        body: { decision, ...(note !== undefined && { note }) },
      }),
    result: () => t(`review.${decision}.done`),
    ...(onDone && { onDone }),
  };
}

/** What can still be refunded of an order, in minor units. */
export const refundable = ({ payment }: OrderView): number =>
  Math.max(0, payment.captured - payment.refunded - payment.disputed);

/** A refund of an amount. The number on the button is what is refunded. */
export function useRefundAction(order: OrderView, onDone: () => void): ActionOf<RefundView> {
  const { t, f } = useTexts();
  const { locale } = settings.get();
  const left = refundable(order);
  const [typed, setTyped] = useState<string>();
  const text = typed ?? f.amount(left, order.currency);
  const amount = parseAmount(text, order.currency, locale);
  const isValid = amount !== undefined && amount <= left;
  const money = isValid ? f.money(amount, order.currency) : order.currency;
  return {
    title: t('refund.title', { amount: money }),
    what: [t('refund.what'), t('refund.stock'), t('refund.mail')],
    verb: t('refund.verb', { amount: money }),
    isDanger: true,
    note: 'required',
    fields: {
      isComplete: () => isValid,
      render: () => (
        <div class="field">
          <label for="refund-amount">{t('refund.amount', { currency: order.currency })}</label>
          <input
            id="refund-amount"
            class="input"
            inputMode="decimal"
            autoComplete="off"
            value={text}
            aria-invalid={!isValid}
            onInput={(event) => {
              setTyped(event.currentTarget.value);
            }}
          />
          <p class={isValid ? 'hint' : 'hint is-bad'}>
            {t('refund.left', { amount: f.money(left, order.currency) })}
          </p>
        </div>
      ),
    },
    run: ({ note, key }) =>
      send('POST', pathOf('orders', order.orderId, 'refunds'), {
        body: {
          ...(amount !== undefined && amount !== left && { amount }),
          ...(note !== undefined && { reason: note }),
        },
        idempotencyKey: key,
      }),
    result: ({ status }) => (status === 'succeeded' ? t('refund.done') : t('refund.pending')),
    onDone,
  };
}

/** The pieces of a line that can still be cancelled: neither cancelled nor handed over. */
const cancellable = ({ quantity, cancelled, shipped }: OrderView['lines'][number]): number =>
  Math.max(0, quantity - cancelled - shipped);

/** Cancels the whole order, or some pieces of it. */
export function useCancelAction(order: OrderView, onDone: () => void): ActionOf<OrderView> {
  const { t } = useTexts();
  const all = new Map(order.lines.map((line) => [line.line, cancellable(line)]));
  const [chosen, setChosen] = useState<ReadonlyMap<number, number>>(all);
  const lines = [...chosen].filter(([, quantity]) => quantity > 0);
  const isWhole =
    order.lines.every((line) => line.shipped === 0) &&
    order.lines.every(({ line }) => chosen.get(line) === all.get(line));
  const pieces = lines.reduce((sum, [, quantity]) => sum + quantity, 0);
  return {
    title: isWhole ? t('cancel.title') : t('cancel.titleLines', { n: pieces }),
    what: [t('cancel.stock'), t('cancel.money'), isWhole ? t('cancel.ends') : t('cancel.goesOn')],
    verb: isWhole ? t('cancel.verb') : t('cancel.verbLines', { n: pieces }),
    isDanger: true,
    note: 'required',
    fields: {
      isComplete: () => pieces > 0,
      render: () => (
        <table class="ledger in">
          <thead>
            <tr>
              <th>{t('lines.item')}</th>
              <th class="num">{t('cancel.of')}</th>
              <th class="num">{t('cancel.pieces')}</th>
            </tr>
          </thead>
          <tbody>
            {order.lines.map(({ line, title, sku }) => (
              <tr key={line}>
                <td>
                  {title} <span class="faint mono">{sku}</span>
                </td>
                <td class="num">{all.get(line) ?? 0}</td>
                <td class="num">
                  <input
                    class="input small"
                    type="number"
                    min={0}
                    max={all.get(line) ?? 0}
                    aria-label={t('cancel.piecesOf', { sku })}
                    value={chosen.get(line) ?? 0}
                    onInput={(event) => {
                      const value = Math.floor(Number(event.currentTarget.value));
                      const most = all.get(line) ?? 0;
                      const next = Number.isFinite(value) ? Math.min(most, Math.max(0, value)) : 0;
                      setChosen(new Map([...chosen, [line, next]]));
                    }}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ),
    },
    run: ({ note, key }) =>
      send('POST', pathOf('orders', order.orderId, 'cancel'), {
        body: {
          ...(!isWhole && { lines: lines.map(([line, quantity]) => ({ line, quantity })) }),
          ...(note !== undefined && { reason: note }),
        },
        ...(!isWhole && { idempotencyKey: key }),
      }),
    result: () => t('cancel.done'),
    onDone,
  };
}

export function captureAction(order: OrderView, onDone: () => void): ActionOf<OrderView> {
  const { t, f } = texts();
  const amount = f.money(order.payment.capturable, order.currency);
  return {
    title: t('capture.title', { amount }),
    what: [t('capture.what', { amount })],
    verb: t('capture.verb', { amount }),
    note: 'none',
    run: ({ key }) =>
      send('POST', pathOf('orders', order.orderId, 'capture'), { body: {}, idempotencyKey: key }),
    result: () => t('capture.done'),
    onDone,
  };
}

export function resendAction(order: OrderView, onDone: () => void): ActionOf<unknown> {
  const { t } = texts();
  return {
    title: t('mails.resend.title'),
    what: [t('mails.resend.what')],
    verb: t('mails.resend.verb'),
    note: 'none',
    run: () => send('POST', pathOf('orders', order.orderId, 'mails', 'resend'), { body: {} }),
    result: () => t('mails.resend.done'),
    onDone,
  };
}
