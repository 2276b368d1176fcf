import { LOCALES } from '../lib/locale.ts';
import { changeSettings, settings } from '../state/settings.ts';
import { useStore } from '../lib/store.ts';
import { useTexts } from '../state/texts.ts';
import { useTitle } from '../ui/basics.tsx';
import { Mark, ThemeButton } from '../ui/mark.tsx';
import { SignInForm } from '../ui/sign-in-form.tsx';

const NAMES = { en: 'English', de: 'Deutsch', zh: '中文' } as const;

export function LanguageSelect() {
  const { t } = useTexts();
  const { locale } = useStore(settings);
  return (
    <select
      class="selectbox"
      aria-label={t('settings.language')}
      value={locale}
      onChange={(event) => {
        const chosen = LOCALES.find((name) => name === event.currentTarget.value);
        if (chosen) changeSettings({ locale: chosen });
      }}
    >
      {LOCALES.map((name) => (
        <option key={name} value={name} lang={name}>
          {NAMES[name]}
        </option>
      ))}
    </select>
  );
}

export function SignInPage() {
  const { t } = useTexts();
  useTitle(t('signIn.submit'));
  return (
    <div class="gate">
      <header>
        <Mark />
        <b class="strong muted">durable-checkout</b>
        <span class="grow" />
        <LanguageSelect />
        <ThemeButton />
      </header>
      <main class="mid">
        <div class="sign-in">
          <div>
            <h1>{t('signIn.title')}</h1>
            <p class="muted">{location.host}</p>
          </div>
          <SignInForm />
        </div>
      </main>
      <footer>
        <span>{t('signIn.kept')}</span>
      </footer>
    </div>
  );
}
