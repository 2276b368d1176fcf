import type { ReturnView } from '../../src/contracts/http/returns.ts';
import { pathOf, send } from '../api/client.ts';
import { type Row, type WayOf, askFor } from './row.tsx';
import { textOr, useTexts } from '../state/texts.ts';
import { Fact, Facts, Id, Pill } from '../ui/basics.tsx';
import { ReceiveDialog } from '../ui/receive-dialog.tsx';

export function returnRow(view: ReturnView): Row {
  return {
    id: view.returnId,
    to: { page: 'order', orderId: view.orderId },
    title: <Id id={view.orderId} />,
    state: (
      <Pill colour={view.status === 'requested' ? 'violet' : 'blue'} icon="box">
        {textOr(`return.${view.status}`, view.status)}
      </Pill>
    ),
    since: view.createdAt,
    inspect: () => <InspectReturn view={view} />,
    ways:
      view.status === 'requested'
        ? [returnWay(view, 'open'), returnWay(view, 'decline')]
        : [receiveWay(view), returnWay(view, 'close'), returnWay(view, 'cancel')],
  };
}

const RETURN_KEYS = { open: 'a', decline: 'n', close: 's', cancel: 'n' } as const;

function returnWay(view: ReturnView, action: keyof typeof RETURN_KEYS): WayOf {
  const verb = textOr(`returns.${action}.verb`, action);
  const text = textOr(`returns.${action}.what`, '');
  return {
    key: RETURN_KEYS[action],
    scope: 'returns:write',
    verb,
    text,
    dialog: askFor((done) => ({
      title: `${verb}: ${textOr('returns.title', '')} ${view.number}`,
      what: [text],
      verb,
      isDanger: action === 'decline' || action === 'cancel',
      note: action === 'decline' ? 'required' : 'optional',
      run: ({ note }) =>
        send('POST', pathOf('returns', view.returnId, action), { body: note === undefined ? {} : { note } }),
      result: () => textOr('action.done', ''),
      onDone: done,
    })),
  };
}

const receiveWay = (view: ReturnView): WayOf => ({
  key: 'a',
  scope: 'returns:write',
  verb: textOr('returns.receive.way', ''),
  text: textOr('returns.receive.short', ''),
  dialog: (props) => <ReceiveDialog view={view} {...props} />,
});

function InspectReturn({ view }: { view: ReturnView }) {
  const { t } = useTexts();
  return (
    <>
      <h3>{t(view.status === 'requested' ? 'returns.question' : 'returns.expected')}</h3>
      <Facts>
        <Fact name={t('lines.title')}>
          {view.lines.map(({ line, sku, quantity, received }) => (
            <div key={line}>
              {quantity} × <span class="mono">{sku}</span>{' '}
              <span class="faint">{t('returns.received', { n: received })}</span>
            </div>
          ))}
        </Fact>
        <Fact name={t('disputes.reason')}>{view.reason}</Fact>
        <Fact name={t('returns.tracking')}>{view.trackingCode}</Fact>
      </Facts>
    </>
  );
}
