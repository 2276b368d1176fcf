import type { OrderView } from '../../../src/contracts/http/order.ts';
import { hasScope } from '../../api/session.ts';
import {
  isAddressOpen,
  isCancellable,
  isCapturable,
  isReturnable,
  isShippable,
  refundable,
} from '../../lib/order-rules.ts';
import { useKeys } from '../../state/keys.ts';
import { tell } from '../../state/toasts.ts';
import { useTexts } from '../../state/texts.ts';
import { ActionButton, Age, copy, Icon, Id, When } from '../../ui/basics.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { OrderPills } from '../../ui/order-pills.tsx';
import { Crumbs } from './crumbs.tsx';
import type { Dialogs } from './dialogs.tsx';

interface HeadAction extends MenuItem {
  scope: string;
  /** Whether the state of the order allows it. */
  isPossible: boolean;
  /** In the menu, not beside the title. */
  isInMenu?: boolean;
}

/** The id of the order, its state in a line, and what can be done with it. */
export function Head({ order, dialogs }: { order: OrderView; dialogs: Dialogs }) {
  const { t, f } = useTexts();
  const possible = useHeadActions(order, dialogs).filter(({ isPossible }) => isPossible);
  const copyId = () => {
    copy(order.orderId);
    tell(t('order.copied'));
  };
  const copyLink = () => {
    copy(location.href);
    tell(t('order.linkCopied'));
  };
  useKeys([
    ...possible
      .filter(({ scope, shortcut }) => shortcut !== undefined && hasScope(scope))
      .map(({ label, shortcut = '', run }) => ({ keys: shortcut, label, run })),
    { keys: 'y', label: t('keys.copyId'), run: copyId },
    { keys: 'Y', label: t('keys.copyLink'), run: copyLink },
  ]);
  return (
    <div class="stack tight">
      <Crumbs orderId={order.orderId} />
      <div class="title">
        <div class="grow">
          <div class="row wrap">
            <h1 class="oid">
              <Id id={order.orderId} whole />
            </h1>
            <button type="button" class="btn icon sm plain" aria-label={t('keys.copyId')} onClick={copyId}>
              <Icon name="copy" small />
            </button>
            <OrderPills order={order} large />
          </div>
          <p>
            {f.money(order.total, order.currency)}, {t('orders.lineCount', { n: order.lines.length })},{' '}
            {t('order.placed')} <When at={order.createdAt} />. {t('order.changedBefore')}{' '}
            <Age at={order.updatedAt} /> {t('order.changedAfter')}
          </p>
        </div>
        <div class="side-r">
          {possible
            .filter(({ isInMenu }) => isInMenu !== true)
            .map(({ label, scope, shortcut, run }) => (
              <ActionButton
                key={label}
                scope={scope}
                onClick={run}
                {...(shortcut !== undefined && { shortcut })}
              >
                {label}
              </ActionButton>
            ))}
          <Menu
            label={t('order.moreActions')}
            items={[
              ...possible.filter(({ isInMenu }) => isInMenu === true),
              { label: t('keys.copyLink'), icon: 'copy', shortcut: 'Y', run: copyLink },
            ]}
          />
        </div>
      </div>
    </div>
  );
}

function useHeadActions(order: OrderView, dialogs: Dialogs): HeadAction[] {
  const { t } = useTexts();
  const isInReview = order.status === 'in_review';
  return [
    ...(['approve', 'reject'] as const).map((decision) => ({
      label: `${t(`review.${decision}.verb`)}…`,
      icon: decision === 'approve' ? 'check' : 'ban',
      scope: 'orders:review',
      shortcut: decision === 'approve' ? 'a' : 'n',
      isPossible: isInReview,
      run: () => {
        dialogs.review(decision);
      },
    })),
    {
      label: t('order.capture'),
      icon: 'bank',
      scope: 'payments:write',
      isPossible: isCapturable(order),
      run: dialogs.capture,
    },
    {
      label: t('order.refund'),
      icon: 'undo',
      scope: 'payments:write',
      shortcut: 'm',
      isPossible: refundable(order) > 0,
      run: dialogs.refund,
    },
    {
      label: t('order.cancel'),
      icon: 'x',
      scope: 'orders:write',
      shortcut: 'c',
      isPossible: isCancellable(order),
      run: dialogs.cancel,
    },
    {
      label: t('order.address'),
      icon: 'home',
      scope: 'orders:write',
      isPossible: isAddressOpen(order),
      isInMenu: true,
      run: dialogs.address,
    },
    {
      label: t('order.report'),
      icon: 'truck',
      scope: 'fulfilment:write',
      isPossible: isShippable(order),
      isInMenu: true,
      run: () => {
        dialogs.report();
      },
    },
    {
      label: t('order.requestReturn'),
      icon: 'box',
      scope: 'returns:write',
      isPossible: isReturnable(order),
      isInMenu: true,
      run: dialogs.requestReturn,
    },
  ];
}
