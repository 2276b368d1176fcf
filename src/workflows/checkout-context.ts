import type { CheckoutOrder, CheckoutPolicy, RunOfOrder } from '../contracts/temporal/checkout.ts';
import type { CheckoutPosition, Handoff } from '../contracts/temporal/workflows.ts';
import type { HandOver } from './lib/hand-over.ts';
import type { PendingRequests } from './lib/pending-requests.ts';
import type { OrderProgress } from './lib/progress.ts';
import type { StepRunner } from './lib/step-runner.ts';

/** What every part of one order's checkout works with. */
export interface CheckoutContext {
  order: CheckoutOrder;
  /** What every step in PostgreSQL begins with. */
  run: RunOfOrder;
  policy: CheckoutPolicy;
  requests: PendingRequests;
  progress: OrderProgress;
  steps: StepRunner;
  handOver: HandOver;
  /** Kept up to date by every part, since the run may continue as new during any pause. */
  position: CheckoutPosition;
  /** Present if another run carried the order before, which may have charged it. */
  handoff?: Handoff | undefined;
}
