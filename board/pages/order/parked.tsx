import type { OrderView } from '../../../src/contracts/http/order.ts';
import { useTexts } from '../../state/texts.ts';
import { ActionButton, Age, Pill, When } from '../../ui/basics.tsx';
import { type ActionOf } from '../../ui/dialog.tsx';
import { attentionAction, attentionTitle, WAY_KEYS, wayText } from '../../ui/order-actions.tsx';

/** The step that waits for an operator, with its ways and what each does. */
export function Parked({
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
