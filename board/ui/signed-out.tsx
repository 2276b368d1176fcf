import { session } from '../api/session.ts';
import { useTexts } from '../state/texts.ts';
import { Dialog } from './dialog.tsx';
import { SignInForm } from './sign-in-form.tsx';

/** Over the page, which stays with what was typed. */
export function SignedOut() {
  const { t } = useTexts();
  return (
    <Dialog
      title={t('signIn.again')}
      onClose={() => {
        session.set({ state: 'out' });
      }}
    >
      <div class="body">
        <p class="muted">{t('signIn.againWhy')}</p>
        <SignInForm />
      </div>
    </Dialog>
  );
}
