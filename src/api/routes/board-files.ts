import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../../contracts/errors.ts';
import { BOARD_INDEX, type BoardFiles } from '../lib/board-files.ts';
import type { Api } from '../lib/types.ts';
import { addVary } from '../lib/vary.ts';

/** Scripts and styles from this server only, and none inside of the page: what an attacker brings into a text cannot run. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** The names of these files have a hash of their content. */
const HASHED = 'assets/';
const FOR_A_YEAR = 'public, max-age=31536000, immutable';
/** A browser asks each time whether the file has changed. */
const REVALIDATED = 'no-cache';

/**
 * The board at `/board`: the file with the path, or the page for every other path, since the page itself reads its address. The files
 * are public; what the page shows needs a session.
 */
export async function boardFileRoutes(app: Api, files: BoardFiles): Promise<void> {
  await app.register(async (scope: Api) => {
    // It sends a file with the suffix .br or .gz to a browser that takes it.
    await scope.register(fastifyStatic, {
      serve: false,
      preCompressed: true,
      cacheControl: false,
      index: false,
    });

    scope.get('/board', { schema: { hide: true } }, (_request, reply) => sendFile(reply, ''));
    scope.get(
      '/board/*',
      { schema: { hide: true, params: Type.Object({ '*': Type.String() }) } },
      (request, reply) => sendFile(reply, request.params['*']),
    );
  });

  async function sendFile(reply: FastifyReply, path: string): Promise<FastifyReply> {
    if (!(await files.isBuilt()))
      throw new Problem(
        'board_not_built',
        'The board is not built: run `npm run build` and reload the page.',
      );
    const isFile = await files.has(path);
    // A page that was loaded before an update may ask for a script of then: HTML is no answer to that.
    if (!isFile && path.startsWith(HASHED))
      throw new Problem('not_found', 'The board has no such file. Reload the page.');
    addVary(reply, 'Accept-Encoding')
      .header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
      .header('Cache-Control', path.startsWith(HASHED) ? FOR_A_YEAR : REVALIDATED);
    return reply.sendFile(isFile ? path : BOARD_INDEX, files.folder);
  }
}
