import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { ReturnActivities, ReturnStepActivities } from '../../contracts/temporal/returns.ts';
import { MAX_LOCAL_ATTEMPTS, MAX_PROVIDER_ATTEMPTS } from '../lib/activities.ts';

export const { readReturnWork, closeReturn, skipReturnLabel, skipExchange } =
  proxyLocalActivities<ReturnStepActivities>({
    startToCloseTimeout: '10s',
    retry: {
      initialInterval: '50ms',
      backoffCoefficient: 2,
      maximumInterval: '2s',
      maximumAttempts: MAX_LOCAL_ATTEMPTS,
    },
  });

/** Requests to the carrier and to the checkout. The missing heartbeat shows that a worker has died. */
export const { buyReturnLabel, placeExchangeOrder } = proxyActivities<ReturnActivities>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '15s',
  retry: {
    initialInterval: '500ms',
    backoffCoefficient: 2,
    maximumInterval: '10s',
    maximumAttempts: MAX_PROVIDER_ATTEMPTS,
  },
});
