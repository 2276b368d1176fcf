import { useState } from 'preact/hooks';
import type { ReturnView } from '../../../src/contracts/http/returns.ts';
import { pathOf, send } from '../../api/client.ts';
import { parseExchange, returnable } from '../../lib/order-rules.ts';
import { useTexts } from '../../state/texts.ts';
import { ActionDialog, type ActionOf } from '../dialog.tsx';
import { TextField } from './fields.tsx';
import { LineQuantities, useQuantities } from './line-quantities.tsx';
import type { OrderDialogProps } from './order-dialog.ts';

/** Asks for a return in the customer's name, with an exchange if other goods are wanted. */
export function RequestReturnDialog({ order, onDone, onClose }: OrderDialogProps) {
  const { t } = useTexts();
  const [wanted, setWanted] = useState('');
  const pieces = useQuantities(
    order.lines.map((line) => ({ ...line, most: returnable(line, order) })),
    'none',
  );
  const exchange = parseExchange(wanted);
  const action: ActionOf<ReturnView> = {
    title: t('returnRequest.title', { n: pieces.pieces }),
    what: [
      t('returnRequest.what'),
      exchange === undefined || exchange.length === 0
        ? t('returnRequest.money')
        : t('returnRequest.exchange'),
      t('returnRequest.stock'),
    ],
    verb: t('returnRequest.verb', { n: pieces.pieces }),
    note: 'optional',
    fields: {
      isComplete: () => pieces.pieces > 0 && exchange !== undefined,
      render: () => (
        <>
          <LineQuantities of={pieces} heading={t('returnRequest.pieces')} />
          <TextField
            label={t('returnRequest.wanted')}
            value={wanted}
            onInput={setWanted}
            isBad={exchange === undefined}
            hint={t('returnRequest.wantedHint')}
          />
        </>
      ),
    },
    run: ({ note, key }) =>
      send('POST', pathOf('orders', order.orderId, 'returns'), {
        body: {
          lines: pieces.quantities,
          ...(note !== undefined && { reason: note }),
          ...(exchange !== undefined && exchange.length > 0 && { exchange: { lines: exchange } }),
        },
        idempotencyKey: key,
      }),
    result: ({ number }) => t('returnRequest.done', { n: number }),
    onDone,
  };
  return <ActionDialog action={action} onClose={onClose} />;
}
