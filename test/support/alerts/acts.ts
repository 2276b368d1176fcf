import type { Act, Break } from './break.ts';
import { brokerDown, endpointFails, mailServerAway, providerAway, providerSlow } from './outside-breaks.ts';
import { feedUnread, postgresAway, workerGone } from './process-breaks.ts';
import {
  auditDifference,
  brakeOn,
  deadLetter,
  dispute,
  failingWorkflows,
  lostOrder,
  manyConnections,
  oldAudit,
  openTransaction,
  oversold,
  parkedStep,
} from './record-breaks.ts';

/**
 * What is broken, one act after the other, and what at the same time. It is mended in the reverse order: an audit finds what is broken
 * after it, and needs the provider.
 */
export const ACTS: readonly Act[] = [
  {
    name: 'what waits for an operator, and a slow provider',
    breaks: [
      oldAudit,
      oversold,
      brakeOn,
      parkedStep,
      dispute,
      deadLetter,
      lostOrder,
      failingWorkflows,
      openTransaction,
      manyConnections,
      providerSlow,
    ],
  },
  {
    name: 'everything outside',
    breaks: [auditDifference, endpointFails, mailServerAway, brokerDown, providerAway],
  },
  { name: 'nobody reads the event feed', breaks: [feedUnread] },
  { name: 'no worker', breaks: [workerGone] },
  { name: 'PostgreSQL away', breaks: [postgresAway] },
];

/** The alerts of a break. */
export const alertsOf = ({ alerts, alertsAfterRepair = [] }: Break): readonly string[] => [
  ...alerts,
  ...alertsAfterRepair,
];

/** The alerts that this test cannot set off, and why. `alerts.test.yml` has them. */
export const NOT_BROKEN: Readonly<Record<string, string>> = {
  CheckoutScheduleToStart:
    'needs pollers that do not keep up, which late answers cause only on a busy machine',
  CheckoutDiskFull:
    'reads the node exporter, which is no part of the system, and a test does not fill the disk of its machine',
};

/** The alerts that a machine with other work sets off as well: they are about how fast it is. */
export const SET_OFF_BY_LOAD: readonly string[] = [
  'CheckoutScheduleToStart',
  'CheckoutActivityScheduleToStart',
  'CheckoutSlowDecisionsFast',
  'CheckoutSlowDecisionsSlow',
  'CheckoutLateEventsFast',
  'CheckoutLateEventsSlow',
];
