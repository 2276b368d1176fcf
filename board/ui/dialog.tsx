import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/problem.ts';
import { newKey } from '../lib/ids.ts';
import { tell } from '../state/toasts.ts';
import { useTexts } from '../state/texts.ts';
import { Icon, ProblemNote } from './basics.tsx';

/** A modal dialog. It takes the focus, gives it back, and closes by Escape. */
export function Dialog({
  title,
  onClose,
  wide = false,
  children,
}: {
  title: ComponentChildren;
  onClose: () => void;
  wide?: boolean;
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const { t } = useTexts();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>('[data-focus]')?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog${wide ? ' wide' : ''}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header>
        <h2 class="grow" id={heading}>
          {title}
        </h2>
        <button type="button" class="btn icon sm plain" aria-label={t('action.close')} onClick={onClose}>
          <Icon name="x" small />
        </button>
      </header>
      {children}
    </dialog>
  );
}

export interface ActionOf<T> {
  title: string;
  /** What happens: to the money, the stock, the customer. One sentence each. */
  what: readonly string[];
  /** On the button, with the number: never "OK". */
  verb: string;
  /** Red: something ends. */
  isDanger?: boolean;
  note: 'required' | 'optional' | 'none';
  /** Who reads the note. Default: it is kept with the events of the order. */
  noteHint?: string;
  /** Further fields. `undefined` from `read`: they are not complete. */
  fields?: { render: () => ComponentChildren; isComplete: () => boolean };
  /** `key`: made when the dialog opens, so that a second click is the same operation. */
  run: (given: { note?: string; key: string }) => Promise<T>;
  /** The result in a sentence. */
  result: (value: T) => string;
  onDone?: (value: T) => void;
}

/** Says what an action does before it is done, and does it. */
export function ActionDialog<T>({ action, onClose }: { action: ActionOf<T>; onClose: () => void }) {
  const { t } = useTexts();
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<ApiProblem>();
  const [isRunning, setRunning] = useState(false);
  const key = useRef(newKey());
  const noteId = useId();
  const isComplete =
    (action.note !== 'required' || note.trim() !== '') && (action.fields?.isComplete() ?? true);

  async function run() {
    if (!isComplete || isRunning) return;
    setRunning(true);
    setProblem(undefined);
    try {
      const given = note.trim();
      const value = await action.run({ key: key.current, ...(given !== '' && { note: given }) });
      tell(action.result(value));
      onClose();
      action.onDone?.(value);
    } catch (error) {
      setProblem(error instanceof ApiProblem ? error : new ApiProblem(0, 'failed', String(error)));
      setRunning(false);
    }
  }

  return (
    <Dialog title={action.title} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <div class="body">
          {action.what.length > 0 && (
            <div>
              <h3>{t('dialog.what')}</h3>
              <ul class="what-list">
                {action.what.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            </div>
          )}
          {action.fields?.render()}
          {action.note !== 'none' && (
            <div class="field">
              <label for={noteId}>
                {action.note === 'required' ? t('dialog.note') : t('dialog.noteOptional')}
              </label>
              <textarea
                id={noteId}
                class="input area"
                data-focus
                maxLength={500}
                rows={3}
                required={action.note === 'required'}
                value={note}
                onInput={(event) => {
                  setNote(event.currentTarget.value);
                }}
              />
              <p class="hint">{action.noteHint ?? t('dialog.noteHint')}</p>
            </div>
          )}
          {problem && <ProblemNote problem={problem} />}
          {problem?.errors.map(({ field, message }) => (
            <p key={field} class="is-bad">
              <code>{field}</code> {message}
            </p>
          ))}
        </div>
        <footer>
          <span class="grow" />
          <button type="button" class="btn" onClick={onClose}>
            {t('action.leave')}
          </button>
          <button
            type="submit"
            class={`btn ${action.isDanger === true ? 'danger' : 'primary'}`}
            disabled={!isComplete || isRunning}
          >
            {isRunning ? t('state.working') : action.verb}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Shows a dialog. */
export interface Opened {
  show: (onClose: () => void) => ComponentChildren;
}

/** The dialog of an action, to be kept in the state of a component while it is open. */
export const dialogOf = <T,>(action: ActionOf<T>): Opened => ({
  show: (onClose) => <ActionDialog action={action} onClose={onClose} />,
});
