import { useStore } from '../lib/store.ts';
import { bindings } from '../state/keys.ts';
import { useTexts } from '../state/texts.ts';
import { Dialog } from './dialog.tsx';

export function Help({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  const all = useStore(bindings)
    .flat()
    .filter(({ label }) => label !== '');
  const unique = [...new Map(all.map((binding) => [binding.keys, binding])).values()];
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <div class="body">
        <dl class="keys">
          <div>
            <dt>
              <kbd>Ctrl</kbd> <kbd>K</kbd>
            </dt>
            <dd>{t('keys.palette')}</dd>
          </div>
          {unique.map(({ keys, label }) => (
            <div key={keys}>
              <dt>
                {keys.split(' ').map((key) => (
                  <kbd key={key}>{key.replace('Enter', '⏎')}</kbd>
                ))}
              </dt>
              <dd>{label}</dd>
            </div>
          ))}
        </dl>
        <p class="hint">{t('keys.hint')}</p>
      </div>
    </Dialog>
  );
}
