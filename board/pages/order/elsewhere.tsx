import type { Links } from '../../../src/contracts/http/links.ts';
import type { OrderView } from '../../../src/contracts/http/order.ts';
import type { OrderRun } from '../../../src/contracts/http/runs.ts';
import { hrefOf } from '../../lib/router.ts';
import { linkTo } from '../../lib/runs.ts';
import { useTexts } from '../../state/texts.ts';
import { Card, Fact, Facts, Id } from '../../ui/basics.tsx';
import { External } from '../../ui/external.tsx';

/** What other systems have of the order: the payment provider, Temporal, the traces, and the stock. */
export function Elsewhere({
  order,
  links,
  runs,
}: {
  order: OrderView & { traceId?: string };
  links: Links;
  runs: readonly OrderRun[];
}) {
  const { t } = useTexts();
  const { paymentIntentId } = order.payment;
  const { traceId } = order;
  const [checkout] = runs;
  return (
    <Card title={t('else.title')}>
      <div class="pad">
        <Facts>
          <Fact name={t('else.payment')}>
            {paymentIntentId !== undefined && (
              <Linked
                href={linkTo(links.provider, { paymentIntent: paymentIntentId })}
                id={paymentIntentId}
              />
            )}
          </Fact>
          <Fact name={t('else.workflow')}>
            {checkout && (
              <Linked
                href={linkTo(links.temporal, { workflowId: checkout.workflowId, runId: checkout.runId })}
                id={checkout.workflowId}
              />
            )}
          </Fact>
          <Fact name={t('else.trace')}>
            {traceId !== undefined && <Linked href={linkTo(links.trace, { traceId })} id={traceId} />}
          </Fact>
          <Fact name={t('else.stock')}>
            {order.reservations.length > 0 &&
              order.reservations.map(({ sku, quantity, location, state, short }) => (
                <div key={`${sku} ${location} ${state}`}>
                  {quantity} ×{' '}
                  <a href={hrefOf({ page: 'stock', sku })}>
                    <span class="mono">{sku}</span>
                  </a>{' '}
                  <span class="faint">
                    {location}, {t(`reservation.${state}`)}
                  </span>
                  {short !== undefined && <span class="is-bad"> {t('else.short', { n: short })}</span>}
                </div>
              ))}
          </Fact>
        </Facts>
      </div>
    </Card>
  );
}

const Linked = ({ href, id }: { href: string | undefined; id: string }) =>
  href === undefined ? (
    <Id id={id} />
  ) : (
    <External href={href}>
      <Id id={id} />
    </External>
  );
