import type { ReturnView } from '../../../src/contracts/http/returns.ts';
import { useTexts } from '../../state/texts.ts';
import { Card, Pill } from '../../ui/basics.tsx';

export function Returns({ returns }: { returns: readonly ReturnView[] }) {
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
