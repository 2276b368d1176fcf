import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/platform/package-root.ts';
import { repositoryTree } from '../support/repository-tree.ts';

/** Words of version 0.1 for things that have a name of their own (docs/glossary.md), and that name. */
const RETIRED: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\b[Ss]tor(y|ies|yboard)\b|[a-z]Story\b|Storyboard/, 'process of an order, checkout'],
  [/\bnew Inbox\(/, 'PendingRequests'],
  [/\bAlarm\b|\brang\b/, 'Timer, fired'],
  [/\bParking\b|\buntilDone\b/, 'StepRunner, retryUntilDone'],
  [/\b(attend(ed|s)?|attendance)\b|\battend[A-Z]/i, 'resolve a step'],
  [/\bgiveBack|\bhandOver[A-Z]/, 'reversePayment, startLatePayment'],
  [/\bwantsOut\b|\bpassNewsOn\b|\bGroupStay\b/, 'detachRequested, forwardPaymentEvents, GroupHandoff'],
  [/\bcarriedBy\b|\bpaidBefore\b|\bmayBeMade\b/, 'ownedBy, wasPaid, mayHaveCharged'],
  [/\bAcceptance\b|\bdepartures\b|under[- ]?way\b|underWay\b/, 'OrderBatcher, batchMetrics, in flight'],
  [/\blanes?\b|_LANES\b/i, 'maxConcurrentBatches, keyed queue'],
  [/\bWaitingRoom\b|\bVisit\b/, 'OutcomeWaiter, Subscription'],
  [/\b(Checkout|Audit|Operation)Runs\b|\bopenOrders\b/, 'CheckoutClient, AuditClient, OperationClient'],
  [/\b[A-Za-z]*News\b|\bnews[A-Z]|(?<!-)\bnews\b(?!-)/, 'payment event'],
  [/\bcarryOut\b|\bisPassing\b|second-?tries/i, 'executeCommand, isTransient, retry worker'],
  [/\b[A-Za-z]*Desk\b|\bdesk\b/, 'service'],
  [/\buntold\b|\btold\.ts\b|\btoldOf\b/, 'unnotified, public event fields'],
  [/\bholdDestination\b|\bkeepHouse\b|house-?keeping/i, 'leaseDestination, runMaintenance'],
  [/\bgather(ed|s|ing)?\b|\bgather[A-Z]/i, 'batch'],
  [/\b[A-Za-z]*Books\b|\bthe (provider|shop)'s books\b|\bour books\b/, 'records, ledger'],
  [/\bcensus\b|\bWorkflowCensus\b|\bgatekeeper\b/i, 'WorkflowLister, ZAP authenticator'],
  [/\b(Refund|Capture|Cancellation|Audit)Order\b/, '…Command'],
  [/\b[A-Z][A-Za-z]*(Answer|End)\b/, '…Result, …Settlement'],
  [
    /\b(MOST|LONGEST)_[A-Z]|\bDEEPEST\b|\bLOOK_(MS|EVERY|AGAIN)|_AT_ONCE\b|\bAT_ONCE\b/,
    'MAX_…, …_POLL_INTERVAL_MS',
  ],
  [/\bShelf\b|\bDraft\b|\bSurroundings\b|\bthinks\b/, 'OrderedMap, Transaction, OperationContext'],
  [/\bplanted\b|\bEditions?\b/i, 'mutations, mutant'],
  [/\baffairs?\b|\bown memory\b|\bAnswers how\b/, 'matter, database, "Returns the number of …"'],
];

/** Recorded or measured data, what others wrote, and the texts that name the retired words. */
const EXEMPT =
  /^((.*\/)?package-lock\.json|LICENSE|vendor\/.*|CHANGELOG\.md|docs\/decisions\/0022-names\.md|test\/repository\/words\.test\.ts|(test\/replay\/histories|bench\/results|proof\/results)\/.*)$|\.png$/;

const root = packageRoot();
const files = repositoryTree(root).files.filter((file) => !EXEMPT.test(file));

describe('the words of this project', () => {
  const lines = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .map((text, index) => ({ at: `${file}:${index + 1}`, text })),
  );

  for (const [pattern, name] of RETIRED)
    it(`say "${name}" where 0.1 had a word of its own`, () => {
      const found = lines
        .filter(({ text }) => pattern.test(text))
        .map(({ at, text }) => `${at}: ${text.trim()}`);
      assert.deepEqual(found.slice(0, 20), []);
    });
});
