import { chooseLocale, LOCALES, type Locale } from '../lib/locale.ts';
import { createStore } from '../lib/store.ts';

export type Theme = 'system' | 'light' | 'dark';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export interface Settings {
  theme: Theme;
  locale: Locale;
  /** Whether single keys are shortcuts (WCAG 2.1.4). */
  singleKeys: boolean;
}

/** As in theme.js, which reads the theme before the first paint. */
const STORAGE_KEY = 'board';
const darkScheme = matchMedia('(prefers-color-scheme: dark)');

export const settings = createStore<Settings>(read());

/** The theme in which the page is shown now. */
export const shownTheme = (): 'light' | 'dark' => {
  const { theme } = settings.get();
  return theme === 'system' ? (darkScheme.matches ? 'dark' : 'light') : theme;
};

export function changeSettings(change: Partial<Settings>): void {
  settings.update((before) => ({ ...before, ...change }));
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(settings.get()));
  } catch {
    // Without storage, the settings last as long as the page.
  }
}

export function nextTheme(): void {
  const at = THEMES.indexOf(settings.get().theme);
  changeSettings({ theme: THEMES[(at + 1) % THEMES.length] ?? 'system' });
}

function apply(): void {
  document.documentElement.dataset['theme'] = shownTheme();
  document.documentElement.lang = settings.get().locale;
}

function read(): Settings {
  const defaults: Settings = {
    theme: 'system',
    locale: chooseLocale(navigator.languages),
    singleKeys: true,
  };
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}');
    if (typeof stored !== 'object' || stored === null) return defaults;
    const given = stored as Partial<Settings>;
    return {
      theme: THEMES.find((theme) => theme === given.theme) ?? defaults.theme,
      locale: LOCALES.find((locale) => locale === given.locale) ?? defaults.locale,
      singleKeys: given.singleKeys !== false,
    };
  } catch {
    return defaults;
  }
}

settings.follow(apply);
darkScheme.addEventListener('change', apply);
apply();
