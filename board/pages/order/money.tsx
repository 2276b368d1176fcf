import type { OrderEvent, OrderView } from '../../../src/contracts/http/order.ts';
import type { Links } from '../../../src/contracts/http/links.ts';
import { ledgerOf } from '../../lib/ledger.ts';
import { linkTo } from '../../lib/runs.ts';
import { paymentLook } from '../../lib/status.ts';
import { useNow } from '../../state/data.ts';
import { textOr, useTexts } from '../../state/texts.ts';
import { Card, Pill, When } from '../../ui/basics.tsx';
import { External } from '../../ui/external.tsx';

/** What came in, what went out, and what the shop keeps. */
export function Money({
  order,
  events,
  links,
}: {
  order: OrderView;
  events: readonly OrderEvent[];
  links: Links;
}) {
  const { t, f } = useTexts();
  const now = useNow(60_000);
  const look = paymentLook(order, now);
  const { rows, kept } = ledgerOf(order, events);
  const { captureBefore, captured, declineCode } = order.payment;
  const href = linkTo(links.provider, { paymentIntent: order.payment.paymentIntentId });
  const amount = (value: number) => f.amount(value, order.currency);
  return (
    <Card
      title={t('money.title')}
      more={
        <>
          <Pill colour={look.colour} icon={look.icon}>
            {t(look.text, {
              until: captureBefore === undefined ? '' : f.day(captureBefore),
              captured: amount(captured),
              total: f.money(order.total, order.currency),
              reason: declineCode === undefined ? '' : textOr(`reason.${declineCode}`, declineCode),
            })}
          </Pill>
          {href !== undefined && <External href={href}>{t('money.provider')}</External>}
        </>
      }
    >
      <table class="ledger">
        <thead>
          <tr>
            <th class="hide">{t('now.time')}</th>
            <th>{t('money.what')}</th>
            <th class="num">{t('money.in')}</th>
            <th class="num">
              {t('money.out')} {order.currency}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.length === 0 && (
            <tr>
              <td class="hide" />
              <td class="muted" colSpan={3}>
                {t(order.payment.status === 'unknown' ? 'money.unknown' : 'money.none')}
              </td>
            </tr>
          )}
          {rows.map((row, index) => {
            const text = row.state === 'void' ? <s>{amount(row.amount)}</s> : amount(row.amount);
            return (
              <tr key={index} class={row.state === 'pending' ? 'pend' : ''}>
                <td class="hide nowrap faint">{row.at !== undefined && <When at={row.at} />}</td>
                <td>
                  {row.refund === undefined ? (
                    t(`money.${row.kind === 'refund' ? 'captured' : row.kind}`)
                  ) : (
                    <>
                      {t('money.refund', { n: row.refund.number })}{' '}
                      <span class="muted">
                        {t(`refundKind.${row.refund.kind}`)}, {t(`refundStatus.${row.refund.status}`)}
                        {row.refund.reason !== undefined && <>: “{row.refund.reason}”</>}
                      </span>
                    </>
                  )}
                </td>
                <td class="num">{row.direction === 'in' && text}</td>
                <td class="num">{row.direction === 'out' && text}</td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <td class="hide" />
            <td>{t('money.kept')}</td>
            <td class="num">{amount(kept)}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </Card>
  );
}
