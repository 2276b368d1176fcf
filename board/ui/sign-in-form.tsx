import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/problem.ts';
import { signIn } from '../api/session.ts';
import { useTexts } from '../state/texts.ts';

/** The server refuses attempts for a while after some wrong keys, and says for how long. Seconds, if it does not. */
const PAUSE_S = 30;

export function SignInForm() {
  const { t } = useTexts();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string>();
  const [isSending, setSending] = useState(false);
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
      if (!(problem instanceof ApiProblem)) throw problem;
      const isWrong = problem.status === 401 || problem.status === 429;
      setError(isWrong ? t('signIn.wrong') : t('signIn.failed', { detail: problem.message }));
      if (problem.status === 429) setPause(problem.retryAfter ?? PAUSE_S);
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
