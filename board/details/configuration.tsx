import { useState } from 'preact/hooks';
import type { Setting, SettingsView } from '../../src/contracts/http/settings.ts';
import { get } from '../api/client.ts';
import { useData } from '../state/data.ts';
import { useTexts } from '../state/texts.ts';
import { Block, Card, Fact, Facts, When } from '../ui/basics.tsx';

/** With what the server is configured. Read-only; the server sends no secrets. */
export function Configuration() {
  const { t } = useTexts();
  const [onlyChanged, setOnlyChanged] = useState(false);
  const loaded = useData('settings', (signal) => get<SettingsView>('/v1/settings', signal));
  return (
    <Block of={loaded} rows={12}>
      {({ settings, versions, builtAt, startedAt }) => (
        <>
          <Card title={t('settings.versions')}>
            <div class="pad">
              <Facts>
                <Fact name="durable-checkout">{versions.checkout}</Fact>
                <Fact name="Node.js">{versions.node}</Fact>
                <Fact name="PostgreSQL">{versions.postgres ?? '–'}</Fact>
                <Fact name="Temporal">{versions.temporal ?? '–'}</Fact>
                <Fact name={t('settings.built')}>
                  <When at={builtAt} />
                </Fact>
                <Fact name={t('settings.started')}>
                  <When at={startedAt} />
                </Fact>
              </Facts>
            </div>
          </Card>
          <Card
            title={t('settings.config')}
            more={
              <label class="row">
                <input
                  type="checkbox"
                  checked={onlyChanged}
                  onChange={(event) => {
                    setOnlyChanged(event.currentTarget.checked);
                  }}
                />
                {t('settings.onlyChanged')}
              </label>
            }
            footer={<span>{t('settings.configWhat')}</span>}
          >
            <table class="tbl fold">
              <thead>
                <tr>
                  <th>{t('settings.name')}</th>
                  <th>{t('settings.value')}</th>
                  <th>{t('settings.source')}</th>
                  <th>{t('settings.default')}</th>
                </tr>
              </thead>
              <tbody>
                {settings
                  .filter(({ source }) => !onlyChanged || source !== 'default')
                  .map((setting) => (
                    <SettingRow key={setting.name} setting={setting} />
                  ))}
              </tbody>
            </table>
          </Card>
        </>
      )}
    </Block>
  );
}

function SettingRow({ setting }: { setting: Setting }) {
  const { t } = useTexts();
  const { name, value, isSet, isSecret, source, accepts } = setting;
  return (
    <tr>
      <td class="mono nowrap" title={t('settings.accepts', { text: accepts })}>
        {name}
      </td>
      <td class="full setting">
        {isSecret && isSet ? (
          <span class="masked">{t('settings.hidden')}</span>
        ) : value === undefined ? (
          <span class="faint">{t('settings.unset')}</span>
        ) : (
          <span class="mono">{value}</span>
        )}
      </td>
      <td class={`nowrap ${source === 'default' ? 'faint' : 'strong'}`}>{t(`settings.source.${source}`)}</td>
      <td class="hide mono faint setting">{setting.default ?? '–'}</td>
    </tr>
  );
}
