import { hasScope, session, signOut } from '../api/session.ts';
import { changeSettings, settings, THEMES } from '../state/settings.ts';
import { useStore } from '../lib/store.ts';
import { useTexts } from '../state/texts.ts';
import { Card, Fact, Facts, Title, useTitle, When } from '../ui/basics.tsx';
import { LanguageSelect } from './sign-in.tsx';
import { Configuration } from '../details/configuration.tsx';

/** What concerns this browser, and what the key may do. */
export function SettingsPage() {
  const { t } = useTexts();
  const { theme, singleKeys } = useStore(settings);
  const present = useStore(session);
  useTitle(t('nav.settings'));
  return (
    <>
      <Title title={t('nav.settings')}>{t('settings.intro')}</Title>
      <div class="two half">
        <Card title={t('settings.browser')}>
          <div class="pad">
            <Facts>
              <Fact name={t('settings.language')}>
                <LanguageSelect />
              </Fact>
              <Fact name={t('settings.theme')}>
                <span class="seg" role="group" aria-label={t('settings.theme')}>
                  {THEMES.map((name) => (
                    <button
                      key={name}
                      type="button"
                      aria-pressed={name === theme}
                      onClick={() => {
                        changeSettings({ theme: name });
                      }}
                    >
                      {t(`theme.${name}`)}
                    </button>
                  ))}
                </span>
              </Fact>
              <Fact name={t('settings.keys')}>
                <label class="row">
                  <input
                    type="checkbox"
                    checked={singleKeys}
                    onChange={(event) => {
                      changeSettings({ singleKeys: event.currentTarget.checked });
                    }}
                  />
                  {t('settings.keysText')}
                </label>
              </Fact>
            </Facts>
          </div>
        </Card>
        {'session' in present && (
          <Card
            title={t('settings.session')}
            footer={
              <button type="button" class="btn sm" onClick={() => void signOut()}>
                {t('action.signOut')}
              </button>
            }
          >
            <div class="pad">
              <Facts>
                <Fact name={t('settings.client')}>{present.session.clientId}</Fact>
                <Fact name={t('settings.expires')}>
                  <When at={present.session.expiresAt} />
                </Fact>
                <Fact name={t('settings.scopes')}>
                  {present.session.scopes.map((scope) => (
                    <div key={scope} class="mono">
                      {scope}
                    </div>
                  ))}
                </Fact>
              </Facts>
            </div>
          </Card>
        )}
      </div>
      {hasScope('settings:read') && <Configuration />}
    </>
  );
}
