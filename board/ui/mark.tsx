import { nextTheme } from '../state/settings.ts';
import { useTexts } from '../state/texts.ts';
import { Icon } from './basics.tsx';

export const Mark = () => (
  <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
    <rect class="plate" width="24" height="24" rx="6" />
    <path class="tick" d="m4.6 12.4 3.6 3.8" />
    <path class="tick" d="m9.2 12.4 3.6 3.8 6.6-8.4" />
  </svg>
);

export function ThemeButton() {
  const { t } = useTexts();
  return (
    <button type="button" class="btn icon plain" aria-label={t('keys.theme')} onClick={nextTheme}>
      <Icon name="theme" />
    </button>
  );
}
