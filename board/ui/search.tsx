import { useState } from 'preact/hooks';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { type Page, get, pathOf, send, withQuery } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { found } from '../state/found.ts';
import { go } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { tell } from '../state/toasts.ts';
import { Icon } from './basics.tsx';

/** Finds an order by its id, a mail address, or what `q` of the API knows. One hit opens it. A mail address is never in the URL. */
export function Search({ input }: { input: { current: HTMLInputElement | null } }) {
  const { t } = useTexts();
  const [isSearching, setSearching] = useState(false);

  async function find(text: string) {
    setSearching(true);
    try {
      if (text.includes('@')) {
        const { data } = await send<Page<OrderView>>('POST', '/v1/orders/search', { body: { email: text } });
        showFound(data);
        return;
      }
      if (/^ord_[0-9a-z]+$/.test(text)) {
        const order = await get<OrderView>(pathOf('orders', text)).catch(() => undefined);
        if (order) {
          go({ page: 'order', orderId: order.orderId });
          return;
        }
      }
      const { data } = await get<Page<OrderView>>(withQuery('/v1/orders', { q: text, limit: 2 }));
      const [first] = data;
      if (data.length === 1 && first) go({ page: 'order', orderId: first.orderId });
      else go({ page: 'orders', filter: { q: text } });
    } catch (error) {
      tell(error instanceof ApiProblem ? `${error.message} (${error.code})` : String(error), {
        isError: true,
      });
    } finally {
      setSearching(false);
    }
  }

  function showFound(orders: readonly OrderView[]) {
    const [first] = orders;
    if (!first) tell(t('search.none'));
    else if (orders.length === 1) go({ page: 'order', orderId: first.orderId });
    else {
      found.set(orders);
      go({ page: 'orders', filter: {} });
    }
    if (input.current) input.current.value = '';
  }

  return (
    <form
      class="find"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const text = input.current?.value.trim() ?? '';
        if (text !== '' && !isSearching) void find(text);
      }}
    >
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        aria-label={t('search.label')}
        placeholder={t('search.placeholder')}
        autoComplete="off"
        spellcheck={false}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
