import type { AttentionView, OrderView } from '../../../src/contracts/http/order.ts';
import { hasScope } from '../../api/session.ts';
import { reasonCode, stepName, trackedShipment } from '../../lib/attention.ts';
import { isAddressOpen } from '../../lib/order-rules.ts';
import { useKeys } from '../../state/keys.ts';
import { useTexts, type Translate } from '../../state/texts.ts';
import { actionsOf } from '../../ui/actions/shipment-actions.ts';
import { ActionButton, Age, Pill, When } from '../../ui/basics.tsx';
import { attentionTitle, WAY_KEYS, wayText } from '../../ui/order-actions.tsx';
import type { Dialogs } from './dialogs.tsx';

/** The steps that wait for an operator, the oldest first, each with its ways and what they do. The keys are those of the oldest. */
export function Parked({
  order,
  parked,
  dialogs,
}: {
  order: OrderView;
  parked: readonly AttentionView[];
  dialogs: Dialogs;
}) {
  const { t } = useTexts();
  const ask = dialogs.attention;
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
        <ParkedStep key={step.step} order={order} step={step} index={index} dialogs={dialogs} />
      ))}
    </>
  );
}

/** A way out that is an action on the order rather than one on its step. */
interface OtherWay {
  verb: string;
  text: string;
  scope: string;
  run: () => void;
}

/** What usually ends such a step: a correct address, or the decision about a parcel that does not arrive. */
function otherWays(
  t: Translate,
  { step, reason }: AttentionView,
  order: OrderView,
  dialogs: Dialogs,
): OtherWay[] {
  if (reasonCode(reason) === 'AddressRefused' && isAddressOpen(order))
    return [
      { verb: t('order.address'), text: t('way.address'), scope: 'orders:write', run: dialogs.address },
    ];
  const number = trackedShipment(step);
  const shipment = order.shipments.find((each) => each.number === number);
  if (shipment === undefined) return [];
  return actionsOf(shipment)
    .filter((action) => action === 'reship' || action === 'refund')
    .map((action) => ({
      verb: `${t(`shipAction.${action}.verb`)}…`,
      text: t(`shipAction.${action}.what`),
      scope: 'fulfilment:write',
      run: () => {
        dialogs.shipment(shipment, action);
      },
    }));
}

function ParkedStep({
  order,
  step,
  index,
  dialogs,
}: {
  order: OrderView;
  step: AttentionView;
  index: number;
  dialogs: Dialogs;
}) {
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
            {stepName(step.step)}
            {step.attempts > 0 && `, ${t('attention.tries', { n: step.attempts })}`}
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
                  dialogs.attention(action, step);
                }}
              >
                {t(`attention.${action}.verb`)}…
              </ActionButton>
            </div>
          </div>
        ))}
        {otherWays(t, step, order, dialogs).map(({ verb, text, scope, run }) => (
          <div key={verb} class="way">
            <p>{text}</p>
            <div>
              <ActionButton scope={scope} onClick={run}>
                {verb}
              </ActionButton>
            </div>
          </div>
        ))}
      </div>
    </section>
  );
}
