import type { AttentionView } from '../../../src/contracts/http/order.ts';
import { hasScope } from '../../api/session.ts';
import { useKeys } from '../../state/keys.ts';
import { useTexts } from '../../state/texts.ts';
import { ActionButton, Age, Pill, When } from '../../ui/basics.tsx';
import { attentionTitle, WAY_KEYS, wayText } from '../../ui/order-actions.tsx';
import type { Dialogs } from './dialogs.tsx';

/** The steps that wait for an operator, the oldest first, each with its ways and what they do. The keys are those of the oldest. */
export function Parked({ parked, ask }: { parked: readonly AttentionView[]; ask: Dialogs['attention'] }) {
  const { t } = useTexts();
  const [oldest] = parked;
  useKeys(
    oldest !== undefined && hasScope('orders:repair')
      ? oldest.actions.map((action) => ({
          keys: WAY_KEYS[action],
          label: t(`attention.${action}.verb`),
          run: () => {
            ask(action, oldest);
          },
        }))
      : [],
  );
  return (
    <>
      {parked.map((step, index) => (
        <ParkedStep key={step.step} step={step} index={index} ask={ask} />
      ))}
    </>
  );
}

function ParkedStep({ step, index, ask }: { step: AttentionView; index: number; ask: Dialogs['attention'] }) {
  const { t } = useTexts();
  const heading = `parked-${index}`;
  return (
    <section class="parked" aria-labelledby={heading}>
      <div class="what">
        <div class="row wrap">
          <Pill colour="act" icon="alert">
            {t('flag.attention')}
          </Pill>
          <b id={heading} class="strong">
            {attentionTitle(step)}
          </b>
          <span class="muted">
            {t('attention.for')} <Age at={step.since} />
          </span>
          {step.deadline !== undefined && (
            <span class="is-warn">
              {t('attention.until')} <When at={step.deadline} />
            </span>
          )}
        </div>
        <p class="muted">
          <code>
            {step.step}, {t('attention.tries', { n: step.attempts })}
          </code>{' '}
          {step.reason}
        </p>
      </div>
      <div class="ways">
        {step.actions.map((action) => (
          <div key={action} class="way">
            <p>
              <b>{t(`attention.${action}.verb`)}.</b> {wayText(action, step)}
            </p>
            <div>
              <ActionButton
                scope="orders:repair"
                {...(index === 0 && { shortcut: WAY_KEYS[action] })}
                onClick={() => {
                  ask(action, step);
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
