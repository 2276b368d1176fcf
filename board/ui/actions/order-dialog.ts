import type { OrderView } from '../../../src/contracts/http/order.ts';

/** A dialog of an action on an order. */
export interface OrderDialogProps {
  order: OrderView;
  onDone: () => void;
  onClose: () => void;
}
