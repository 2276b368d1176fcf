import type { AttentionView, OrderView } from '../../src/contracts/http/order.ts';
import { stepKind, stepName, waitsForYou } from '../lib/attention.ts';
import { type Row, type WayOf, askFor, money, orderBase } from './row.tsx';
import { textOr, useTexts } from '../state/texts.ts';
import { Fact, Facts, When } from '../ui/basics.tsx';
import { BatchButton } from '../ui/batch-button.tsx';
import { WAY_KEYS, attentionAction, attentionTitle, wayText } from '../ui/order-actions.tsx';

export function CauseTitle({ step, code, count }: { step: string; code: string; count: number }) {
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
          { text: t('batch.everything'), orders: { query: { queue: 'attention' }, cause: { step, code } } },
        ]}
      />
    </div>
  );
}

export function attentionRow(order: OrderView): Row {
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
    ways: attentionWays(order),
  };
}

/** What an operator can do about the step of an order that waits. */
export const attentionWays = (order: OrderView): WayOf[] => {
  const { attention } = order;
  if (!attention) return [];
  return attention.actions.map((action) => ({
    key: WAY_KEYS[action],
    scope: 'orders:repair',
    verb: textOr(`attention.${action}.verb`, action),
    text: wayText(action, attention),
    dialog: askFor((done) => attentionAction(order, action, done)),
  }));
};

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
        {stepName(attention.step)}
        {attention.attempts > 0 && `, ${t('attention.tries', { n: attention.attempts })}`}
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

/** Steps with a queue of their own are not shown twice. */
export const hasOwnQueue = (attention: AttentionView | null): boolean =>
  attention !== null && ['carry', 'dispute'].includes(stepKind(attention.step));
