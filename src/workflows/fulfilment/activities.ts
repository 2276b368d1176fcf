import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { CarrierActivities, FulfilmentStepActivities } from '../../contracts/temporal/fulfilment.ts';
import { MAX_LOCAL_ATTEMPTS, MAX_PROVIDER_ATTEMPTS } from '../lib/activities.ts';

export const { planFulfilment, allocateStock } = proxyLocalActivities<FulfilmentStepActivities>({
  startToCloseTimeout: '10s',
  retry: {
    initialInterval: '50ms',
    backoffCoefficient: 2,
    maximumInterval: '2s',
    maximumAttempts: MAX_LOCAL_ATTEMPTS,
  },
});

/** Requests to the carrier. The missing heartbeat shows that a worker has died. */
export const { buyLabel, refundLabel, trackShipments } = proxyActivities<CarrierActivities>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '15s',
  retry: {
    initialInterval: '500ms',
    backoffCoefficient: 2,
    maximumInterval: '10s',
    maximumAttempts: MAX_PROVIDER_ATTEMPTS,
  },
});
