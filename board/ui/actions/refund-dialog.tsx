import { useState } from 'preact/hooks';
import type { RefundView } from '../../../src/contracts/http/order.ts';
import { pathOf, send } from '../../api/client.ts';
import { parseAmount } from '../../lib/money.ts';
import { refundable, unrefunded } from '../../lib/order-rules.ts';
import { settings } from '../../state/settings.ts';
import { useTexts } from '../../state/texts.ts';
import { ActionDialog, type ActionOf } from '../dialog.tsx';
import { Check, Choice, TextField } from './fields.tsx';
import { LineQuantities, useQuantities } from './line-quantities.tsx';
import type { OrderDialogProps } from './order-dialog.ts';

/** A refund of an amount, or of the money of pieces. The number on the button is what is refunded. */
export function RefundDialog({ order, onDone, onClose }: OrderDialogProps) {
  const { t, f } = useTexts();
  const { locale } = settings.get();
  const { currency } = order;
  const left = refundable(order);
  const [by, setBy] = useState<'amount' | 'lines'>('amount');
  const [typed, setTyped] = useState(f.amount(left, currency));
  const [restock, setRestock] = useState(false);
  const pieces = useQuantities(
    order.lines.map((line) => ({ ...line, most: unrefunded(line) })),
    'none',
  );
  const amount = parseAmount(typed, currency, locale);
  const isAmountValid = amount !== undefined && amount <= left;
  const isByLines = by === 'lines';
  const what = isByLines
    ? t('refund.pieces', { n: pieces.pieces })
    : isAmountValid
      ? f.money(amount, currency)
      : currency;
  const action: ActionOf<RefundView> = {
    title: t('refund.title', { amount: what }),
    what: [
      isByLines ? t('refund.whatLines') : t('refund.what'),
      isByLines && restock ? t('refund.restocked') : t('refund.stock'),
      t('refund.mail'),
    ],
    verb: t('refund.verb', { amount: what }),
    isDanger: true,
    note: 'required',
    fields: {
      isComplete: () => (isByLines ? pieces.pieces > 0 : isAmountValid),
      render: () => (
        <>
          <Choice
            legend={t('refund.by')}
            value={by}
            onChange={setBy}
            options={[
              { value: 'amount', label: t('refund.byAmount') },
              { value: 'lines', label: t('refund.byLines') },
            ]}
          />
          {isByLines ? (
            <>
              <LineQuantities of={pieces} heading={t('refund.piecesHead')} />
              <Check label={t('refund.restock')} value={restock} onChange={setRestock} />
            </>
          ) : (
            <TextField
              label={t('refund.amount', { currency })}
              value={typed}
              onInput={setTyped}
              inputMode="decimal"
              isBad={!isAmountValid}
              hint={t('refund.left', { amount: f.money(left, currency) })}
            />
          )}
        </>
      ),
    },
    run: ({ note, key }) =>
      send('POST', pathOf('orders', order.orderId, 'refunds'), {
        body: {
          ...(isByLines
            ? { lines: pieces.quantities, ...(restock && { restock }) }
            : amount !== left && { amount }),
          ...(note !== undefined && { reason: note }),
        },
        idempotencyKey: key,
      }),
    result: ({ status, amount: refunded }) =>
      status === 'succeeded'
        ? t('refund.doneAmount', { amount: f.money(refunded, currency) })
        : t('refund.pending'),
    onDone,
  };
  return <ActionDialog action={action} onClose={onClose} />;
}
