import { useEffect } from 'preact/hooks';
import { ApiProblem } from './api/problem.ts';
import { loadSession, session } from './api/session.ts';
import { AuditsPage } from './pages/audits.tsx';
import { BrakesPage } from './pages/brakes.tsx';
import { BatchesPage } from './pages/batches.tsx';
import { DeadLettersPage } from './pages/dead-letters.tsx';
import { LogPage } from './pages/log.tsx';
import { NowPage } from './pages/now.tsx';
import { OrderPage } from './pages/order/order.tsx';
import { OrdersPage } from './pages/orders.tsx';
import { QueuesPage } from './pages/queues.tsx';
import { SettingsPage } from './pages/settings.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { StockPage } from './pages/stock.tsx';
import { WebhooksPage } from './pages/webhooks.tsx';
import type { Route } from './lib/router.ts';
import { useData } from './state/data.ts';
import { handleKey } from './state/keys.ts';
import { followLinks, go, route } from './state/navigation.ts';
import { useStore } from './lib/store.ts';
import { useTexts } from './state/texts.ts';
import { ProblemNote, Title } from './ui/basics.tsx';
import { Shell } from './ui/shell.tsx';

export function App() {
  const present = useStore(route);
  const { state } = useStore(session);
  const asked = useData('session', loadSession);
  useEffect(() => {
    addEventListener('keydown', handleKey);
    document.addEventListener('click', followLinks);
    return () => {
      removeEventListener('keydown', handleKey);
      document.removeEventListener('click', followLinks);
    };
  }, []);
  // After signing in, the page of the address is shown.
  useEffect(() => {
    if (state === 'in' && present.page === 'sign-in') go({ page: 'now' }, { replace: true });
  }, [state, present]);

  if (state === 'unknown')
    return asked.problem instanceof ApiProblem ? (
      <div class="alone">
        <ProblemNote problem={asked.problem} retry={asked.refresh} />
      </div>
    ) : null;
  if (state === 'out') return <SignInPage />;
  return (
    <Shell>
      <Page route={present} />
    </Shell>
  );
}

function Page({ route: shown }: { route: Route }) {
  switch (shown.page) {
    case 'now':
    case 'sign-in':
      return <NowPage />;
    case 'queues':
      return <QueuesPage {...shown} />;
    case 'orders':
      return <OrdersPage filter={shown.filter} />;
    case 'order':
      return <OrderPage orderId={shown.orderId} />;
    case 'stock':
      return <StockPage {...shown} />;
    case 'dead-letters':
      return <DeadLettersPage {...shown} />;
    case 'webhooks':
      return <WebhooksPage {...shown} />;
    case 'audits':
      return <AuditsPage {...shown} />;
    case 'brakes':
      return <BrakesPage />;
    case 'batches':
      return <BatchesPage {...shown} />;
    case 'log':
      return <LogPage />;
    case 'settings':
      return <SettingsPage />;
    case 'unknown':
      return <NotFound />;
  }
}

function NotFound() {
  const { t } = useTexts();
  return <Title title={t('state.noPage')}>{location.pathname}</Title>;
}
