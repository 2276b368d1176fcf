import { SettingsView } from '../../contracts/http/settings.ts';
import { described, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';

/** The configuration is that of the process that answers, and of the whole shop: do not give the scope to storefronts. */
export function settingsRoutes(app: Api, readSettings: () => Promise<SettingsView>): void {
  app.get(
    '/v1/settings',
    {
      config: { scope: 'settings:read' },
      schema: {
        operationId: 'getSettings',
        summary: 'Retrieve the configuration',
        description:
          'Each variable of the process that answers, with where its value comes from. The values of secrets are never sent. Versions of what it runs with.',
        tags: ['operation'],
        response: { 200: described(SettingsView, 'The configuration.'), ...problems() },
      },
    },
    (_request, reply) => {
      reply.header('Cache-Control', 'no-store');
      return readSettings();
    },
  );
}
