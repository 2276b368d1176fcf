import { MAX_PROVIDER_EVENT_BYTES } from '../../contracts/intake/commands.ts';
import type { Api } from './types.ts';

/**
 * The options of a route that receives events of a provider. Its body is authenticated by a signature, without an API key, and is not
 * validated: what it says is not trusted.
 */
export const SIGNED_EVENT_ROUTE = {
  config: { withoutKey: true, rateLimit: false },
  bodyLimit: MAX_PROVIDER_EVENT_BYTES,
  validatorCompiler: () => () => true,
} as const;

/** Registers routes whose body stays as the bytes that were sent, since the signature is over these. */
export async function withRawBody(app: Api, routes: (scope: Api) => void): Promise<void> {
  await app.register((scope: Api, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: MAX_PROVIDER_EVENT_BYTES },
      (_request, body, parsed) => {
        parsed(null, body);
      },
    );
    routes(scope);
    done();
  });
}

/** The bytes of a request to a route of {@link withRawBody}; none if it has no body. */
export const rawBodyOf = ({ body }: { body: unknown }): Buffer =>
  Buffer.isBuffer(body) ? body : Buffer.alloc(0);

/** The value of a header that was sent once or several times. */
export const singleHeader = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(',') : header;
