import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/problem.ts';
import { signIn } from '../api/session.ts';
import { useTexts } from '../state/texts.ts';

/** After so many wrong keys in a row, the next attempt has to wait. */
const ATTEMPTS = 5;
const PAUSE_S = 15;

export function SignInForm() {
  const { t } = useTexts();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string>();
  const [isSending, setSending] = useState(false);
  const [failures, setFailures] = useState(0);
  const [pause, setPause] = useState(0);

  useEffect(() => {
    if (pause <= 0) return;
    const timer = setTimeout(() => {
      setPause(pause - 1);
    }, 1_000);
    return () => {
      clearTimeout(timer);
    };
  }, [pause]);

  async function submit(key: string) {
    setSending(true);
    setError(undefined);
    try {
      await signIn(key);
    } catch (problem) {
      const refused = problem instanceof ApiProblem && [400, 401, 403].includes(problem.status);
      setError(refused ? t('signIn.wrong') : t('signIn.failed', { detail: (problem as Error).message }));
      if (refused && failures + 1 >= ATTEMPTS) setPause(PAUSE_S);
      setFailures(failures + 1);
      if (field.current) {
        field.current.value = '';
        field.current.focus();
      }
    } finally {
      setSending(false);
    }
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const key = field.current?.value.trim() ?? '';
        if (key !== '' && !isSending && pause === 0) void submit(key);
      }}
    >
      <div class="field">
        <label for={id}>{t('signIn.key')}</label>
        <input
          ref={field}
          id={id}
          class="input mono"
          type="password"
          autoComplete="current-password"
          required
          data-focus
          aria-describedby={`${id}-hint`}
          aria-invalid={error !== undefined}
        />
        <p class="hint" id={`${id}-hint`}>
          {t('signIn.hint')}
        </p>
        <p class="is-bad" role="alert">
          {error}
          {pause > 0 && ` ${t('signIn.wait', { n: pause })}`}
        </p>
      </div>
      <button type="submit" class="btn primary wide" disabled={isSending || pause > 0}>
        {isSending ? t('state.working') : t('signIn.submit')}
      </button>
    </form>
  );
}
