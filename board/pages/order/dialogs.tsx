import type { AttentionView, OrderView } from '../../../src/contracts/http/order.ts';
import type { MailView } from '../../../src/contracts/http/mail.ts';
import type { ReturnAction, ReturnView } from '../../../src/contracts/http/returns.ts';
import type { ShipmentView } from '../../../src/contracts/http/shipments.ts';
import { AddressDialog } from '../../ui/actions/address-dialog.tsx';
import { CancelDialog } from '../../ui/actions/cancel-dialog.tsx';
import { CaptureDialog } from '../../ui/actions/capture-dialog.tsx';
import { RefundDialog } from '../../ui/actions/refund-dialog.tsx';
import { ReportShipmentDialog } from '../../ui/actions/report-shipment-dialog.tsx';
import { RequestReturnDialog } from '../../ui/actions/request-return-dialog.tsx';
import { ResendDialog } from '../../ui/actions/resend-dialog.tsx';
import { returnAction } from '../../ui/actions/return-actions.ts';
import { shipmentAction, type ShipmentAction } from '../../ui/actions/shipment-actions.ts';
import { dialogOf, type Opened } from '../../ui/dialog.tsx';
import { attentionAction, reviewAction } from '../../ui/order-actions.tsx';
import { ReceiveDialog } from '../../ui/receive-dialog.tsx';

/** The dialogs of an order. Each makes its idempotency key when it opens. */
export interface Dialogs {
  refund: () => void;
  cancel: () => void;
  capture: () => void;
  address: () => void;
  /** `planned`: the shipment that was handed over, if it is a planned one. */
  report: (planned?: ShipmentView) => void;
  requestReturn: () => void;
  resend: (mails: readonly MailView[], onDone: () => void) => void;
  review: (decision: 'approve' | 'reject') => void;
  attention: (action: AttentionView['actions'][number], step: AttentionView) => void;
  shipment: (shipment: ShipmentView, action: ShipmentAction) => void;
  decideReturn: (view: ReturnView, action: ReturnAction) => void;
  receive: (view: ReturnView) => void;
}

export function dialogsOf(order: OrderView, refresh: () => void, open: (dialog: Opened) => void): Dialogs {
  const given = { order, onDone: refresh };
  return {
    refund: () => {
      open({ show: (onClose) => <RefundDialog {...given} onClose={onClose} /> });
    },
    cancel: () => {
      open({ show: (onClose) => <CancelDialog {...given} onClose={onClose} /> });
    },
    capture: () => {
      open({ show: (onClose) => <CaptureDialog {...given} onClose={onClose} /> });
    },
    address: () => {
      open({ show: (onClose) => <AddressDialog {...given} onClose={onClose} /> });
    },
    report: (planned) => {
      open({
        show: (onClose) => (
          <ReportShipmentDialog {...given} {...(planned && { planned })} onClose={onClose} />
        ),
      });
    },
    requestReturn: () => {
      open({ show: (onClose) => <RequestReturnDialog {...given} onClose={onClose} /> });
    },
    resend: (mails, onDone) => {
      open({
        show: (onClose) => <ResendDialog order={order} mails={mails} onDone={onDone} onClose={onClose} />,
      });
    },
    review: (decision) => {
      open(dialogOf(reviewAction(order, decision, refresh)));
    },
    attention: (action, step) => {
      open(dialogOf(attentionAction(order, action, refresh, step)));
    },
    shipment: (shipment, action) => {
      open(dialogOf(shipmentAction(order.orderId, shipment, action, refresh)));
    },
    decideReturn: (view, action) => {
      open(dialogOf(returnAction(view, action, refresh)));
    },
    receive: (view) => {
      open({ show: (onClose) => <ReceiveDialog view={view} onDone={refresh} onClose={onClose} /> });
    },
  };
}
