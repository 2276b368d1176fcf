import type { RunError } from '../../contracts/http/runs.ts';
import { jsonOf, type Failure } from './history.ts';

/** The failures of this project whose message ends with what the other side has said, such as `(StripeAPIError 503)`. */
const WITH_CODE = new Set(['PaymentUnknown', 'DatabaseFault', 'MailFault', 'CarrierUnavailable']);
const CODE_AT_END = /\(([A-Za-z]{2,40}(?: [A-Z0-9]{3,5})?)\)$/;
const STABLE_CODE = /^[a-z][a-z0-9_]{1,59}$/;

/** The type of a failure, and the code of the other side. Messages are left out: those of other libraries may hold personal data. */
export function errorOf(failure: Failure | null | undefined): RunError | undefined {
  if (!failure) return undefined;
  // The failure of an activity is the cause of what its workflow sees.
  if (failure.activityFailureInfo && failure.cause) return errorOf(failure.cause);
  if (failure.timeoutFailureInfo) return { type: 'Timeout' };
  if (failure.canceledFailureInfo) return { type: 'Cancelled' };
  if (failure.terminatedFailureInfo) return { type: 'Terminated' };
  const { applicationFailureInfo: info } = failure;
  const type = info?.type || 'Fault';
  const [detail] = (info?.details?.payloads ?? []).map(jsonOf);
  const code =
    typeof detail === 'string' && STABLE_CODE.test(detail)
      ? detail
      : WITH_CODE.has(type)
        ? CODE_AT_END.exec(failure.message ?? '')?.[1]
        : undefined;
  return { type, ...(code !== undefined && { code }) };
}
