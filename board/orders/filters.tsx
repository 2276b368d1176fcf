import type { OrderView } from '../../src/contracts/http/order.ts';
import type { OrderFilter } from '../lib/router.ts';
import { STATUS_LOOK } from '../lib/status.ts';
import { found } from '../state/found.ts';
import { go } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { Icon } from '../ui/basics.tsx';

const WITHIN = ['1h', '24h', '7d', '14d', '30d'] as const;
const isWithin = (text: string): text is (typeof WITHIN)[number] => WITHIN.some((each) => each === text);

/** Filters that can only be dropped here: they come from a search or from a saved view. */
const TEXTS = {
  createdAfter: 'filter.after',
  createdBefore: 'filter.before',
  q: 'search.label',
} as const;

const without = (filter: OrderFilter, name: keyof OrderFilter): OrderFilter =>
  Object.fromEntries(Object.entries(filter).filter(([key]) => key !== name));

/** Which orders are shown. Each filter can be dropped by itself. */
export function Filters({ filter }: { filter: OrderFilter }) {
  const { t, f } = useTexts();
  const change = (next: OrderFilter) => {
    found.set(undefined);
    go({ page: 'orders', filter: next });
  };
  const { status = '', createdWithin = '' } = filter;
  return (
    <div class="row wrap">
      <label class="chip">
        <span>{t('orders.status')}</span>
        <select
          class="bare"
          value={status}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            change({ ...without(filter, 'status'), ...(chosen !== '' && { status: chosen }) });
          }}
        >
          <option value="">{t('orders.any')}</option>
          {(Object.keys(STATUS_LOOK) as OrderView['status'][]).map((name) => (
            <option key={name} value={name}>
              {t(`status.${name}`)}
            </option>
          ))}
        </select>
      </label>
      <label class="chip">
        <span>{t('filter.placed')}</span>
        <select
          class="bare"
          value={createdWithin}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            change({ ...without(filter, 'createdWithin'), ...(chosen !== '' && { createdWithin: chosen }) });
          }}
        >
          <option value="">{t('filter.any')}</option>
          {WITHIN.map((within) => (
            <option key={within} value={within}>
              {t(`filter.within.${within}`)}
            </option>
          ))}
          {createdWithin !== '' && !isWithin(createdWithin) && (
            <option value={createdWithin}>{createdWithin}</option>
          )}
        </select>
      </label>
      <Flag name="attention" text={t('flag.attention')} filter={filter} change={change} />
      <Flag name="holdEndsSoon" text={t('filter.hold')} filter={filter} change={change} />
      {(['createdAfter', 'createdBefore', 'q'] as const).map((name) => {
        const value = filter[name];
        return (
          value !== undefined && (
            <button
              key={name}
              type="button"
              class="chip"
              onClick={() => {
                change(without(filter, name));
              }}
            >
              <span>{t(TEXTS[name])}</span>{' '}
              <b>{name === 'q' || Number.isNaN(Date.parse(value)) ? value : f.exact(value)}</b>{' '}
              <Icon name="x" small />
              <span class="sr">{t('filter.drop')}</span>
            </button>
          )
        );
      })}
    </div>
  );
}

function Flag({
  name,
  text,
  filter,
  change,
}: {
  name: 'attention' | 'holdEndsSoon';
  text: string;
  filter: OrderFilter;
  change: (next: OrderFilter) => void;
}) {
  return (
    <label class="chip">
      <input
        type="checkbox"
        checked={filter[name] === true}
        onChange={(event) => {
          const { checked } = event.currentTarget;
          change({ ...without(filter, name), ...(checked && { [name]: true }) });
        }}
      />
      {text}
    </label>
  );
}
