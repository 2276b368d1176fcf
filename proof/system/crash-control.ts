import { activityInfo, type Info } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';
import { isGroupWorkflowId } from '../../src/contracts/temporal/names.ts';
import type { CrashSinks } from './crash-interceptor.ts';
import { activityName, type Arming, type CrashPoint, type FromWorker, type Moment } from './crash-point.ts';
import { waitUntilReported } from './activity-reported.ts';
import { orderOfWorkflow } from './order-of-workflow.ts';

/** Makes a worker process kill itself at exact points. */
export interface CrashControl {
  readonly arm: (wanted: Arming) => void;
  readonly activityInterceptor: ActivityInterceptorsFactory;
  readonly sinks: InjectedSinks<CrashSinks>;
}

/** Sends a message to the proof; calls back when the message has left the process. */
export type SendMessage = (message: FromWorker, sent?: () => void) => void;

/** When not all orders reach their points, the process dies after this time. It is shorter than every timeout of a step. */
const MAX_HOLD_MS = 7_000;

const forever = (): Promise<never> => new Promise(() => undefined);

/** Nothing runs in the process after this: no handler, no flush, no report. */
const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

export function createCrashControl(client: Client, sendMessage: SendMessage): CrashControl {
  const victims = new Map<string, CrashPoint>();
  let group: CrashPoint | undefined;
  const held = new Set<string>();
  const activations = new Map<string, number>();

  const hold = (orderId: string): Promise<never> => {
    if (!held.has(orderId)) {
      held.add(orderId);
      if (held.size === 1) setTimeout(die, MAX_HOLD_MS);
      sendMessage({ type: 'held', orderId }, group || held.size === victims.size ? die : undefined);
    }
    return forever();
  };

  const pointOf = (workflowId = ''): CrashPoint | undefined =>
    isGroupWorkflowId(workflowId) ? group : victims.get(orderOfWorkflow(workflowId) ?? '');

  /** The order or group that this activity belongs to, if it is held here. */
  const victimAt = (info: Info, moment: Moment): string | undefined => {
    const workflowId = info.workflowExecution?.workflowId;
    const point = pointOf(workflowId);
    const victim = orderOfWorkflow(workflowId);
    if (victim === undefined || point?.kind !== 'activity') return undefined;
    const hit = point.moment === moment && point.activity === activityName(info.taskQueue, info.activityType);
    return hit || held.has(victim) ? victim : undefined;
  };

  return {
    arm(wanted) {
      for (const { orderId, point } of wanted.victims) victims.set(orderId, point);
      group = wanted.group;
      sendMessage({ type: 'armed' });
    },
    activityInterceptor: () => ({
      inbound: {
        async execute(input, next) {
          const info = activityInfo();
          const before = victimAt(info, 'before');
          if (before !== undefined) return hold(before);
          const result = await next(input);
          const after = victimAt(info, 'after');
          if (after !== undefined) return hold(after);
          const reported = victimAt(info, 'reported');
          if (reported !== undefined) void waitUntilReported(client, info).then(() => hold(reported));
          return result;
        },
      },
    }),
    sinks: {
      crash: {
        activationExecuted: {
          callDuringReplay: false,
          async fn({ workflowId }) {
            const point = pointOf(workflowId);
            const victim = orderOfWorkflow(workflowId);
            if (victim === undefined || point === undefined) return;
            const n = (activations.get(victim) ?? 0) + 1;
            activations.set(victim, n);
            sendMessage({ type: 'activations', orderId: victim, n });
            if (held.has(victim) || (point.kind === 'task' && point.n === n)) await hold(victim);
          },
        },
      },
    },
  };
}
