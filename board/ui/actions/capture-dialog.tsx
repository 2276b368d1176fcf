import { useState } from 'preact/hooks';
import type { OrderView } from '../../../src/contracts/http/order.ts';
import { pathOf, send } from '../../api/client.ts';
import { parseAmount } from '../../lib/money.ts';
import { settings } from '../../state/settings.ts';
import { useTexts } from '../../state/texts.ts';
import { ActionDialog, type ActionOf } from '../dialog.tsx';
import { Check, TextField } from './fields.tsx';
import type { OrderDialogProps } from './order-dialog.ts';

/** Takes what is held, or a part of it. */
export function CaptureDialog({ order, onDone, onClose }: OrderDialogProps) {
  const { t, f } = useTexts();
  const { currency } = order;
  const left = order.payment.capturable;
  const [typed, setTyped] = useState(f.amount(left, currency));
  const [isFinal, setFinal] = useState(false);
  const amount = parseAmount(typed, currency, settings.get().locale);
  const isValid = amount !== undefined && amount <= left;
  const isPart = isValid && amount < left;
  const money = isValid ? f.money(amount, currency) : currency;
  const action: ActionOf<OrderView> = {
    title: t('capture.title', { amount: money }),
    what: [
      t('capture.what', { amount: money }),
      isPart && isFinal
        ? t('capture.released', { amount: f.money(left - amount, currency) })
        : isPart
          ? t('capture.staysHeld', { amount: f.money(left - amount, currency) })
          : t('capture.all'),
    ],
    verb: t('capture.verb', { amount: money }),
    note: 'none',
    fields: {
      isComplete: () => isValid,
      render: () => (
        <>
          <TextField
            label={t('refund.amount', { currency })}
            value={typed}
            onInput={setTyped}
            inputMode="decimal"
            hasFocus
            isBad={!isValid}
            hint={t('capture.left', { amount: f.money(left, currency) })}
          />
          {isPart && <Check label={t('capture.final')} value={isFinal} onChange={setFinal} />}
        </>
      ),
    },
    run: ({ key }) =>
      send('POST', pathOf('orders', order.orderId, 'capture'), {
        body: { ...(isPart && { amount }), ...(isPart && isFinal && { final: true }) },
        idempotencyKey: key,
      }),
    result: () => t('capture.done'),
    onDone,
  };
  return <ActionDialog action={action} onClose={onClose} />;
}
