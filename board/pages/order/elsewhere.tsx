import type { OrderView } from '../../../src/contracts/http/order.ts';
import { hrefOf } from '../../lib/router.ts';
import { useTexts } from '../../state/texts.ts';
import { Card, Fact, Facts, Id } from '../../ui/basics.tsx';

export function Elsewhere({ order }: { order: OrderView }) {
  const { t } = useTexts();
  return (
    <Card title={t('else.title')}>
      <div class="pad">
        <Facts>
          <Fact name={t('else.payment')}>
            {order.payment.paymentIntentId !== undefined && <Id id={order.payment.paymentIntentId} />}
          </Fact>
          <Fact name={t('else.workflow')}>
            <Id id={`order/${order.orderId}`} />
          </Fact>
          <Fact name={t('else.stock')}>
            {order.reservations.map(({ sku, quantity, location, state }) => (
              <div key={`${sku} ${location} ${state}`}>
                {quantity} ×{' '}
                <a href={hrefOf({ page: 'stock', sku })}>
                  <span class="mono">{sku}</span>
                </a>{' '}
                <span class="faint">
                  {location}, {t(`reservation.${state}`)}
                </span>
              </div>
            ))}
          </Fact>
        </Facts>
      </div>
    </Card>
  );
}
