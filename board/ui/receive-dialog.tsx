import { useState } from 'preact/hooks';
import type { Disposition } from '../../src/contracts/shipping-states.ts';
import type { ReturnView } from '../../src/contracts/http/returns.ts';
import { pathOf, send } from '../api/client.ts';
import { useTexts } from '../state/texts.ts';
import { ActionDialog, type ActionOf } from './dialog.tsx';

const DISPOSITIONS: readonly Disposition[] = ['restocked', 'processing', 'not_restocked', 'missing'];

interface Received {
  quantity: number;
  disposition: Disposition;
}

/** Records what has arrived of a return, per line what became of it. Everything but missing pieces is refunded. */
export function ReceiveDialog({
  view,
  onDone,
  onClose,
}: {
  view: ReturnView;
  onDone: () => void;
  onClose: () => void;
}) {
  const { t } = useTexts();
  const expected = new Map(
    view.lines.map((line) => [line.line, line.quantity - line.received - line.missing]),
  );
  const [given, setGiven] = useState<ReadonlyMap<number, Received>>(
    new Map([...expected].map(([line, quantity]) => [line, { quantity, disposition: 'restocked' as const }])),
  );
  const change = (line: number, part: Partial<Received>) => {
    const before = given.get(line) ?? { quantity: 0, disposition: 'restocked' as const };
    setGiven(new Map([...given, [line, { ...before, ...part }]]));
  };
  const lines = [...given].filter(([, { quantity }]) => quantity > 0);
  const pieces = lines.reduce((sum, [, { quantity }]) => sum + quantity, 0);
  const action: ActionOf<ReturnView> = {
    title: t('returns.receive.title', { n: view.number }),
    what: [t('returns.receive.what'), t('returns.receive.stock')],
    verb: t('returns.receive.verb', { n: pieces }),
    note: 'none',
    fields: {
      isComplete: () => pieces > 0,
      render: () => (
        <table class="ledger in">
          <thead>
            <tr>
              <th>{t('lines.item')}</th>
              <th class="num">{t('lines.quantity')}</th>
              <th>{t('lines.became')}</th>
            </tr>
          </thead>
          <tbody>
            {view.lines.map(({ line, sku }) => (
              <tr key={line}>
                <td class="mono">{sku}</td>
                <td class="num">
                  <input
                    class="input small"
                    type="number"
                    min={0}
                    max={expected.get(line) ?? 0}
                    aria-label={`${t('lines.quantity')}, ${sku}`}
                    value={given.get(line)?.quantity ?? 0}
                    onInput={(event) => {
                      const value = Math.floor(Number(event.currentTarget.value));
                      const most = expected.get(line) ?? 0;
                      change(line, {
                        quantity: Number.isFinite(value) ? Math.min(most, Math.max(0, value)) : 0,
                      });
                    }}
                  />
                </td>
                <td>
                  <select
                    class="selectbox"
                    aria-label={`${t('lines.became')}, ${sku}`}
                    value={given.get(line)?.disposition}
                    onChange={(event) => {
                      const chosen = DISPOSITIONS.find((name) => name === event.currentTarget.value);
                      if (chosen) change(line, { disposition: chosen });
                    }}
                  >
                    {DISPOSITIONS.map((name) => (
                      <option key={name} value={name}>
                        {t(`disposition.${name}`)}
                      </option>
                    ))}
                  </select>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ),
    },
    run: ({ key }) =>
      send('POST', pathOf('returns', view.returnId, 'receive'), {
        body: { lines: lines.map(([line, received]) => ({ line, ...received })) },
        idempotencyKey: key,
      }),
    result: () => t('returns.receive.done'),
    onDone,
  };
  return <ActionDialog action={action} onClose={onClose} />;
}
