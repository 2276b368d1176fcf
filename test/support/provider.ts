import { createCarrier } from '../../src/adapters/easypost/carrier.ts';
import { createEasyPostClient } from '../../src/adapters/easypost/client.ts';
import { createMailer } from '../../src/adapters/smtp/mailer.ts';
import { createStripeClient } from '../../src/adapters/stripe/client.ts';
import { createPaymentProvider } from '../../src/adapters/stripe/payment-provider.ts';
import type { Carrier } from '../../src/contracts/ports/carrier.ts';
import type { Mailer } from '../../src/contracts/ports/mailer.ts';
import type { PaymentProvider } from '../../src/contracts/ports/payment-provider.ts';
import { startSandbox, type SandboxOptions } from '../../sandbox/server.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { sandboxClient, type SandboxClient } from '../../harness/sandbox-client.ts';

/** The sandbox in this process, with the production adapters that call it. */
export interface Provider extends SandboxClient {
  url: string;
  smtpUrl: string;
  payments: PaymentProvider;
  carrier: Carrier;
  mailer: Mailer;
  /** Stops the sandbox and starts it again with the same data and ports. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface ProviderOptions extends Partial<SandboxOptions> {
  /** Timeout of a request to the provider, in milliseconds. */
  requestTimeoutMs?: number;
}

export async function openProvider({
  requestTimeoutMs = 5_000,
  ...options
}: ProviderOptions = {}): Promise<Provider> {
  const settings = {
    host: '127.0.0.1',
    dataDir: temporaryFolder(),
    webhookSecret: 'whsec_test',
    slowMs: 100,
    ...options,
  };
  let sandbox = await startSandbox({ port: 0, smtpPort: 0, ...settings });
  const { url, smtpUrl, port, smtpPort } = sandbox;
  const mailer = createMailer({ smtpUrl, from: 'Shop <orders@shop.example>' });
  return {
    ...sandboxClient(url),
    url,
    smtpUrl,
    payments: createPaymentProvider(
      createStripeClient({ apiKey: 'sk_test_shop', apiBase: url, timeoutMs: requestTimeoutMs }),
    ),
    carrier: createCarrier(
      createEasyPostClient({ apiKey: 'EZTKshop', apiBase: url, timeoutMs: requestTimeoutMs }),
    ),
    mailer,
    async restart() {
      await sandbox.close();
      sandbox = await startSandbox({ ...settings, port, smtpPort });
    },
    async close() {
      mailer.close();
      await sandbox.close();
    },
  };
}
