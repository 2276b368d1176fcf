import type { AttentionView, OrderView } from '../../src/contracts/http/order.ts';
import { pathOf, send } from '../api/client.ts';
import { reasonCode, stepKind, stepName } from '../lib/attention.ts';
import type { TextKey } from '../locales/en.ts';
import { textOr, texts } from '../state/texts.ts';
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

/** @param attention the step; default: the oldest that waits */
export function attentionAction(
  order: OrderView,
  action: Way,
  onDone?: () => void,
  attention: AttentionView | null = order.attention,
): ActionOf<OrderView> {
  const { t } = texts();
  const step = attention?.step ?? '';
  const what = attention === null ? [] : [wayText(action, attention), t(`dialog.attention.${action}`)];
  return {
    title: t(`attention.${action}.title`, { step: stepName(step) }),
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
