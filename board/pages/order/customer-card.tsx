import { useEffect, useState } from 'preact/hooks';
import type { OrderView } from '../../../src/contracts/http/order.ts';
import { pathOf, send } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import { hasScope } from '../../api/session.ts';
import { useKeys } from '../../state/keys.ts';
import { useTexts } from '../../state/texts.ts';
import { ActionButton, Card, Fact, Facts, Icon, ProblemNote } from '../../ui/basics.tsx';

interface Revealed {
  customer?: OrderView['customer'];
  shipping?: OrderView['shipping'];
}
/** What was revealed is shown for so long. Milliseconds. */
const REVEALED_MS = 60_000;

/** Personal data, masked by the server. Revealing is logged, and ends after a minute. */
export function CustomerCard({ order }: { order: OrderView }) {
  const { t } = useTexts();
  const [revealed, setRevealed] = useState<Revealed>();
  const [problem, setProblem] = useState<ApiProblem>();
  useEffect(() => {
    if (revealed === undefined) return;
    const timer = setTimeout(() => {
      setRevealed(undefined);
    }, REVEALED_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [revealed]);
  const reveal = () => {
    send<Revealed>('POST', pathOf('orders', order.orderId, 'reveal')).then(
      (shown) => {
        setProblem(undefined);
        setRevealed(shown);
      },
      (error: unknown) => {
        if (error instanceof ApiProblem) setProblem(error);
      },
    );
  };
  const canReveal = order.customer !== undefined && hasScope('customers:reveal');
  useKeys(canReveal ? [{ keys: 'p', label: t('customer.reveal'), run: reveal }] : []);
  const customer = revealed?.customer ?? order.customer;
  const shipping = revealed?.shipping ?? order.shipping;
  const look = revealed === undefined ? 'masked' : '';
  const address = shipping && [
    shipping.name,
    shipping.line1,
    shipping.line2,
    [shipping.postalCode, shipping.city].filter(Boolean).join(' '),
    shipping.country,
  ];
  return (
    <Card
      title={t('customer.title')}
      more={
        order.customer !== undefined && (
          <ActionButton scope="customers:reveal" shortcut="p" class="sm" onClick={reveal}>
            <Icon name="eye" small />
            {t('customer.reveal')}
          </ActionButton>
        )
      }
      footer={revealed === undefined ? t('customer.logged') : t('customer.hides')}
    >
      <div class="pad">
        {problem && <ProblemNote problem={problem} />}
        {customer === undefined ? (
          <p class="muted">{t('customer.erased')}</p>
        ) : (
          <Facts>
            <Fact name={t('customer.name')}>
              {customer.name && <span class={look}>{customer.name}</span>}
            </Fact>
            <Fact name={t('customer.mail')}>
              <span class={look}>{customer.email}</span>
            </Fact>
            <Fact name={t('customer.address')}>
              {address && <span class={look}>{address.filter(Boolean).join(', ')}</span>}
            </Fact>
            <Fact name={t('customer.language')}>{order.locale}</Fact>
          </Facts>
        )}
      </div>
    </Card>
  );
}
