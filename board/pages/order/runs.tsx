import type { RefundView } from '../../../src/contracts/http/order.ts';
import type { Links } from '../../../src/contracts/http/links.ts';
import type { OrderRun, OrderRuns, RunNode } from '../../../src/contracts/http/runs.ts';
import { drawnAs, linkTo, nodeName, runName, type NodeLook } from '../../lib/runs.ts';
import { useNow, type Loaded } from '../../state/data.ts';
import { textOr, useTexts } from '../../state/texts.ts';
import { Block, Card } from '../../ui/basics.tsx';
import { External } from '../../ui/external.tsx';
import { NodeIcon } from '../../ui/node-icon.tsx';

const LEGEND: readonly NodeLook[] = ['done', 'wait', 'tried', 'undo', 'parked'];

/** What the workflows of the order have done, step by step. */
export function Runs({
  runs,
  links,
  refunds,
}: {
  runs: Loaded<OrderRuns>;
  links: Links;
  refunds: readonly RefundView[];
}) {
  const { t } = useTexts();
  return (
    <Card
      title={t('runs.title')}
      more={
        <span class="legend only-wide" aria-hidden="true">
          {LEGEND.map((look) => (
            <span key={look}>
              <NodeIcon look={look} />
              {t(`runs.look.${look}`)}
            </span>
          ))}
        </span>
      }
    >
      <Block of={runs} rows={3}>
        {(read) => (
          <div class="strip">
            {read.truncated === true && <p class="quiet">{t('runs.older')}</p>}
            {read.runs.map((run) => (
              <Run
                key={`${run.workflowId} ${run.runId ?? ''}`}
                run={run}
                name={runName(run, refunds)}
                links={links}
              />
            ))}
          </div>
        )}
      </Block>
    </Card>
  );
}

function Run({ run, name, links }: { run: OrderRun; name: string; links: Links }) {
  const { t } = useTexts();
  const { workflowId, runId, orders, source, truncated, nodes } = run;
  const href = linkTo(links.temporal, { workflowId, runId });
  return (
    <section class="run" aria-label={name}>
      <div class="about">
        <b translate={false}>{name}</b>
        <span>
          <RunTime run={run} />
        </span>
        {orders !== undefined && <span>{t('runs.together', { n: orders })}</span>}
        {href !== undefined && (
          <span>
            <External href={href} title={`${workflowId} ${runId ?? ''}`}>
              Temporal
            </External>
          </span>
        )}
      </div>
      <div>
        {source === 'events' && <p class="faint">{t('runs.gone')}</p>}
        <ol class="steps">
          {nodes.map((node, index) => (
            <Step key={index} node={node} isLast={index === nodes.length - 1} />
          ))}
        </ol>
        {truncated === true && <p class="faint">{t('runs.truncated')}</p>}
      </div>
    </section>
  );
}

/** For how long a run has gone on, or goes on. */
function RunTime({ run: { state, startedAt, closedAt, nodes } }: { run: OrderRun }) {
  const { t, f } = useTexts();
  const now = useNow(state === 'running' ? 1_000 : 60_000);
  const took = Date.parse(closedAt ?? new Date(now).toISOString()) - Date.parse(startedAt);
  if (closedAt !== undefined)
    return (
      <time dateTime={startedAt} title={f.exact(startedAt)}>
        {f.latency(Math.max(0, Math.round(took)))}
        {state !== 'completed' && `, ${t(`runs.state.${state}`)}`}
      </time>
    );
  const isParked = nodes.some((node) => node.state === 'parked');
  return (
    <time dateTime={startedAt} title={f.exact(startedAt)}>
      {t(isParked ? 'runs.parkedFor' : 'runs.runningFor', { age: f.age(took) })}
    </time>
  );
}

const CLASSES: Readonly<Record<NodeLook, string>> = {
  done: '',
  tried: '',
  failed: 'fails',
  wait: 'waits',
  undo: 'undoes',
  parked: 'parks',
  running: '',
  to_come: 'next',
};

function Step({ node, isLast }: { node: RunNode; isLast: boolean }) {
  const { t, f } = useTexts();
  const { tries, isFolded, look } = drawnAs(node);
  const at = node.startedAt === undefined ? undefined : f.exact(node.startedAt);
  const error = node.error && [node.error.type, node.error.code].filter(Boolean).join(', ');
  return (
    <li
      class={`step ${CLASSES[look]}${isLast ? ' last' : ''}`}
      title={[at, error].filter(Boolean).join(' · ')}
      aria-current={look === 'running' || look === 'parked' ? 'step' : undefined}
    >
      <span class="dot">
        {Array.from({ length: isFolded ? 1 : tries }, (_, index) => (
          <NodeIcon key={index} look="tried" label={t('runs.look.tried')} />
        ))}
        {isFolded && <small class="is-bad">× {f.count(tries)}</small>}
        <NodeIcon look={look} label={t(`runs.look.${look}`)} />
      </span>
      <span class="nm">
        <Name node={node} />
        <span class="tm">
          <Time node={node} />
        </span>
      </span>
    </li>
  );
}

/** The name of a step as in Temporal; what is waited for, and what was decided, in words. */
function Name({ node }: { node: RunNode }) {
  const { kind, name } = node;
  if (kind === 'wait') return <>{textOr(`runs.wait.${name}`, name)}</>;
  if (kind === 'decision') return <>{textOr(`runs.decision.${name}`, name)}</>;
  return <span translate={false}>{nodeName(node)}</span>;
}

/** The duration of a node, or the reason why it is not done. */
function Time({ node }: { node: RunNode }) {
  const { t, f } = useTexts();
  const now = useNow(node.nextTryAt === undefined ? 60_000 : 1_000);
  const { kind, state, durationMs, attempts = 1, count, error, deadline, nextTryAt, startedAt } = node;
  const parts: string[] = [];
  if (state === 'parked') parts.push(t('runs.waitsForYou'));
  else if (state === 'waiting' && kind === 'wait' && deadline !== undefined && isNear(deadline, now))
    parts.push(t('runs.until', { at: f.moment(deadline) }));
  else if (state === 'waiting' && nextTryAt !== undefined)
    parts.push(
      isNear(nextTryAt, now)
        ? t('runs.again', { age: f.age(Date.parse(nextTryAt) - now) })
        : t('runs.againOnChange'),
    );
  else if (state === 'running') parts.push(t('runs.now'));
  else if (kind === 'decision') parts.push(startedAt === undefined ? '' : f.clock(startedAt));
  else if (durationMs !== undefined) parts.push(f.latency(durationMs));
  if (count !== undefined) parts.push(`× ${f.count(count)}`);
  if (attempts > 1) parts.push(t('attention.tries', { n: attempts }));
  if (error && state !== 'done') parts.push(error.code ?? error.type);
  return <>{parts.filter((part) => part !== '').join(', ')}</>;
}

/** What is further away than a year only ends when something changes. Milliseconds. */
const A_YEAR_MS = 365 * 86_400_000;
const isNear = (at: string, now: number): boolean => Date.parse(at) - now < A_YEAR_MS;
