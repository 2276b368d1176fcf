import { useState } from 'preact/hooks';
import type { NewSavedView, SavedView } from '../../src/contracts/http/order-lists.ts';
import { pathOf, send } from '../api/client.ts';
import { isSameFilter, queryOf, type OrderFilter } from '../lib/router.ts';
import { texts, useTexts } from '../state/texts.ts';
import { ActionDialog, type ActionOf } from '../ui/dialog.tsx';

/** Keeps the present filters under a name, for oneself or for all keys of the client. */
export function SaveViewDialog({
  filter,
  onDone,
  onClose,
}: {
  filter: OrderFilter;
  onDone: () => void;
  onClose: () => void;
}) {
  const { t } = useTexts();
  const [name, setName] = useState('');
  const [isShared, setShared] = useState(false);
  const action: ActionOf<SavedView> = {
    title: t('lists.saveView'),
    what: [t('lists.viewWhat')],
    verb: t('lists.saveView'),
    note: 'none',
    fields: {
      isComplete: () => name.trim() !== '',
      render: () => (
        <>
          <label class="field">
            <span>{t('lists.viewName')}</span>
            <input
              class="input"
              data-focus
              maxLength={60}
              value={name}
              onInput={(event) => {
                setName(event.currentTarget.value);
              }}
            />
          </label>
          <label class="row">
            <input
              type="checkbox"
              checked={isShared}
              onChange={(event) => {
                setShared(event.currentTarget.checked);
              }}
            />
            {t('lists.viewShared')}
          </label>
        </>
      ),
    },
    run: () => send('POST', '/v1/views', { body: { name, isShared, filter } satisfies NewView }),
    result: () => t('lists.viewSaved'),
    onDone,
  };
  return <ActionDialog action={action} onClose={onClose} />;
}

type NewView = Omit<NewSavedView, 'filter'> & { filter: OrderFilter };

/** The own view that has exactly these filters. */
export const ownViewOf = (saved: readonly SavedView[], filter: OrderFilter): SavedView | undefined =>
  Object.values(queryOf(filter)).some((value) => value !== undefined)
    ? saved.find((view) => view.isOwn && isSameFilter(view.filter, filter))
    : undefined;

export function deleteViewAction({ viewId, name }: SavedView, onDone: () => void): ActionOf<unknown> {
  const { t } = texts();
  return {
    title: `${t('lists.deleteView')}: ${name}`,
    what: [t('lists.deleteViewWhat')],
    verb: t('lists.deleteView'),
    isDanger: true,
    note: 'none',
    run: () => send('DELETE', pathOf('views', viewId)),
    result: () => t('lists.viewDeleted'),
    onDone,
  };
}
