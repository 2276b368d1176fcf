import { useId, useState } from 'preact/hooks';
import type { BatchView } from '../../src/contracts/http/batches.ts';
import { pathOf, send } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { hasScope } from '../api/session.ts';
import { ACTION_SCOPES, isDangerous } from '../lib/batch.ts';
import { useTexts } from '../state/texts.ts';
import { ProblemNote } from './basics.tsx';

/** The note, and the number of the dry run to type. Enter in the field does not start anything: the button has to be reached. */
export function BatchConfirm({ batch, refresh }: { batch: BatchView; refresh: () => void }) {
  const { t, f } = useTexts();
  const { batchId, action, confirmation, mails, ordersPerSecond, estimatedSeconds } = batch;
  const [note, setNote] = useState('');
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<ApiProblem>();
  const [isRunning, setRunning] = useState(false);
  const [noteId, typedId] = [useId(), useId()];
  const missing = ['batches:write', ACTION_SCOPES[action]].find((scope) => !hasScope(scope));
  const isComplete = note.trim() !== '' && typed.trim() === confirmation && missing === undefined;

  if (confirmation === undefined) return <p class="muted">{t('batch.empty')}</p>;

  async function start() {
    if (!isComplete || isRunning) return;
    setRunning(true);
    setProblem(undefined);
    try {
      await send('POST', pathOf('batches', batchId, 'start'), {
        body: { confirmation: typed.trim(), note: note.trim() },
      });
    } catch (error) {
      setProblem(error instanceof ApiProblem ? error : new ApiProblem(0, 'failed', String(error)));
      setTyped('');
    } finally {
      setRunning(false);
      refresh();
    }
  }

  return (
    <section class="card batch-confirm" aria-label={t('batch.step.confirm')}>
      <div class="pad stack">
        <p class="muted">
          {t('batch.mails', { n: mails })}{' '}
          {t('batch.paceText', {
            rate: f.count(ordersPerSecond),
            age: f.age(estimatedSeconds * 1_000),
          })}{' '}
          {t('batch.selfStop')}
        </p>
        {problem && <ProblemNote problem={problem} />}
        <div class="two half tightgap">
          <div class="field">
            <label for={noteId}>{t('batch.whyForLog')}</label>
            <input
              id={noteId}
              class="input"
              maxLength={500}
              autoComplete="off"
              value={note}
              onInput={(event) => {
                setNote(event.currentTarget.value);
              }}
            />
          </div>
          <div class="field">
            <label for={typedId}>
              {t('batch.type')} <code>{confirmation}</code>
            </label>
            <input
              id={typedId}
              class="input"
              autoComplete="off"
              autocapitalize="off"
              spellcheck={false}
              value={typed}
              onInput={(event) => {
                setTyped(event.currentTarget.value);
              }}
            />
          </div>
        </div>
      </div>
      <footer>
        <span class="faint grow">
          {missing === undefined ? t('batch.nothingYet') : t('denied.action', { scope: missing })}
        </span>
        <button
          type="button"
          class={`btn ${isDangerous(action) ? 'danger' : 'primary'}`}
          disabled={!isComplete || isRunning}
          onClick={() => void start()}
        >
          {isRunning ? t('state.working') : t(`batch.title.${action}`, { n: batch.counts.pending })}
        </button>
      </footer>
    </section>
  );
}
