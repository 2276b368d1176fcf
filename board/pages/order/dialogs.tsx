import type { OrderView } from '../../../src/contracts/http/order.ts';
import { ActionDialog } from '../../ui/dialog.tsx';
import { useCancelAction, useRefundAction } from '../../ui/order-actions.tsx';

interface OrderDialogProps {
  order: OrderView;
  onDone: () => void;
  onClose: () => void;
}
export const RefundDialog = ({ order, onDone, onClose }: OrderDialogProps) => (
  <ActionDialog action={useRefundAction(order, onDone)} onClose={onClose} />
);
export const CancelDialog = ({ order, onDone, onClose }: OrderDialogProps) => (
  <ActionDialog action={useCancelAction(order, onDone)} onClose={onClose} />
);
