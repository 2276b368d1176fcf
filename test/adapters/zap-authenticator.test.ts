import { endpointOf } from '../../src/adapters/zeromq/endpoint.ts';
import { openZapAuthenticator } from '../../src/adapters/zeromq/zap-authenticator.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';

describe('the authenticator of ZeroMQ clients', () => {
  it('opens again right after it was closed, as when an endpoint is restarted', async () => {
    for (let round = 0; round < 50; round += 1) {
      const authenticator = await openZapAuthenticator(
        endpointOf('tcp://shop:secret@127.0.0.1:5555'),
        logger,
      );
      authenticator.close();
    }
  });
});
