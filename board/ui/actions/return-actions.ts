import type { ReturnAction, ReturnView } from '../../../src/contracts/http/returns.ts';
import { pathOf, send } from '../../api/client.ts';
import { texts } from '../../state/texts.ts';
import type { ActionOf } from '../dialog.tsx';

const ACTIONS: Readonly<Record<ReturnView['status'], readonly ReturnAction[]>> = {
  requested: ['open', 'decline', 'cancel'],
  open: ['cancel', 'close'],
  declined: [],
  cancelled: [],
  closed: ['reopen'],
};

/** What can be decided of a return in its state. It is cancelled only while nothing has arrived. */
export const decisionsOf = ({ status, lines, receipts }: ReturnView): ReturnAction[] =>
  ACTIONS[status].filter((action) =>
    action === 'cancel'
      ? receipts.length === 0
      : action !== 'reopen' || lines.some(({ quantity, received, missing }) => quantity > received + missing),
  );

export function returnAction(
  view: ReturnView,
  action: ReturnAction,
  onDone: () => void,
): ActionOf<ReturnView> {
  const { t } = texts();
  const n = String(view.number);
  return {
    title: t(`returnAction.${action}.title`, { n }),
    what: [t(`returnAction.${action}.what`), t(`returnAction.${action}.money`)],
    verb: t(`returnAction.${action}.title`, { n }),
    isDanger: action === 'decline' || action === 'cancel',
    note: action === 'decline' || action === 'cancel' ? 'required' : 'optional',
    run: ({ note }) =>
      send('POST', pathOf('returns', view.returnId, action), {
        body: { ...(note !== undefined && { note }) },
      }),
    result: ({ status }) => t('returnAction.done', { n, status: t(`return.${status}`) }),
    onDone,
  };
}
