import { useId, useRef, useState } from 'preact/hooks';
import type { BatchView } from '../../src/contracts/http/batches.ts';
import { send } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { hasScope } from '../api/session.ts';
import { ACTION_SCOPES, isDangerous, type BatchOrders } from '../lib/batch.ts';
import { newKey } from '../lib/ids.ts';
import { go } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { ActionButton, ProblemNote } from './basics.tsx';
import { Dialog } from './dialog.tsx';

type Action = BatchView['action'];

/** A way to choose the orders of a batch, in words. */
export interface BatchChoice {
  text: string;
  orders: BatchOrders;
}

/** Opens the dialog that plans a batch. */
export function BatchButton({
  actions,
  choices,
  class: className = 'sm',
}: {
  actions: readonly Action[];
  choices: readonly BatchChoice[];
  class?: string;
}) {
  const { t } = useTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <ActionButton
        scope="batches:write"
        class={className}
        onClick={() => {
          setOpen(true);
        }}
      >
        {t('batch.button')}
      </ActionButton>
      {isOpen && (
        <BatchDialog
          actions={actions}
          choices={choices}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </>
  );
}

/** Chooses the action and the orders. Nothing is done: the dry run of the batch follows on a page of its own. */
export function BatchDialog({
  actions,
  choices: offered,
  onClose,
}: {
  actions: readonly Action[];
  choices: readonly BatchChoice[];
  onClose: () => void;
}) {
  const { t } = useTexts();
  const allowed = actions.filter((action) => hasScope(ACTION_SCOPES[action]));
  const [action, setAction] = useState(allowed[0]);
  // Those from when the dialog was opened: rows may leave the list behind it, and another choice would stand in their place.
  const [choices] = useState(offered);
  const [chosen, setChosen] = useState(0);
  const [problem, setProblem] = useState<ApiProblem>();
  const [isRunning, setRunning] = useState(false);
  // A key for each request that is made: another choice is another batch.
  const keys = useRef(new Map<string, string>());
  const name = useId();

  async function plan() {
    const choice = choices[chosen];
    if (action === undefined || choice === undefined || isRunning) return;
    const body = { action, ...choice.orders };
    const text = JSON.stringify(body);
    const key = keys.current.get(text) ?? newKey();
    keys.current.set(text, key);
    setRunning(true);
    setProblem(undefined);
    try {
      const { batchId } = await send<BatchView>('POST', '/v1/batches', { body, idempotencyKey: key });
      onClose();
      go({ page: 'batches', id: batchId });
    } catch (error) {
      setProblem(error instanceof ApiProblem ? error : new ApiProblem(0, 'failed', String(error)));
      setRunning(false);
    }
  }

  return (
    <Dialog title={t('batch.choose')} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void plan();
        }}
      >
        <div class="body">
          <fieldset class="choices">
            <legend>{t('batch.which')}</legend>
            {choices.map(({ text }, index) => (
              <label key={text}>
                <input
                  type="radio"
                  name={`${name}-orders`}
                  checked={index === chosen}
                  onChange={() => {
                    setChosen(index);
                  }}
                />
                <span>{text}</span>
              </label>
            ))}
          </fieldset>
          <fieldset class="choices">
            <legend>{t('batch.what')}</legend>
            {actions.map((each) => {
              const scope = ACTION_SCOPES[each];
              return (
                <label key={each}>
                  <input
                    type="radio"
                    name={`${name}-action`}
                    checked={each === action}
                    disabled={!hasScope(scope)}
                    onChange={() => {
                      setAction(each);
                    }}
                  />
                  <span>
                    <b class={isDangerous(each) ? 'is-bad' : ''}>{t(`batch.verb.${each}`)}.</b>{' '}
                    <span class="muted">
                      {hasScope(scope) ? t(`batch.does.${each}`) : t('denied.action', { scope })}
                    </span>
                  </span>
                </label>
              );
            })}
          </fieldset>
          {problem && <ProblemNote problem={problem} />}
        </div>
        <footer>
          <span class="faint only-wide">{t('batch.nothingYet')}</span>
          <span class="grow" />
          <button type="button" class="btn" onClick={onClose}>
            {t('action.leave')}
          </button>
          <button type="submit" class="btn primary" data-focus disabled={action === undefined || isRunning}>
            {isRunning ? t('state.working') : t('batch.dryRun')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
