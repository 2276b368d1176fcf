import { useState } from 'preact/hooks';
import type { Address, OrderView } from '../../../src/contracts/http/order.ts';
import { pathOf, send } from '../../api/client.ts';
import { useTexts } from '../../state/texts.ts';
import { ActionDialog, type ActionOf } from '../dialog.tsx';
import { TextField } from './fields.tsx';
import type { OrderDialogProps } from './order-dialog.ts';

const FIELDS = ['name', 'line1', 'line2', 'postalCode', 'city', 'state', 'country'] as const;
type Field = (typeof FIELDS)[number];
const REQUIRED: readonly Field[] = ['name', 'line1', 'city', 'country'];

/** Another address, as a whole: the present one is masked, so that nothing of it is taken over but the country. */
export function AddressDialog({ order, onDone, onClose }: OrderDialogProps) {
  const { t } = useTexts();
  const [given, setGiven] = useState<Readonly<Partial<Record<Field, string>>>>({
    country: order.shipping?.country ?? '',
  });
  const text = (field: Field) => (given[field] ?? '').trim();
  const action: ActionOf<OrderView> = {
    title: t('address.title'),
    what: [t('address.what'), t('address.money'), t('address.customer')],
    verb: t('address.verb'),
    note: 'none',
    fields: {
      isComplete: () => REQUIRED.every((field) => text(field) !== '') && /^[A-Z]{2}$/.test(text('country')),
      render: () => (
        <div class="pair">
          {FIELDS.map((field, index) => (
            <TextField
              key={field}
              label={t(`address.${field}`)}
              value={given[field] ?? ''}
              hasFocus={index === 0}
              onInput={(value) => {
                setGiven({ ...given, [field]: field === 'country' ? value.toUpperCase() : value });
              }}
            />
          ))}
        </div>
      ),
    },
    run: () => {
      const filled = FIELDS.filter((field) => text(field) !== '').map((field) => [field, text(field)]);
      return send('PUT', pathOf('orders', order.orderId, 'shipping'), {
        body: Object.fromEntries(filled) as Address,
      });
    },
    result: () => t('address.done'),
    onDone,
  };
  return <ActionDialog action={action} onClose={onClose} />;
}
