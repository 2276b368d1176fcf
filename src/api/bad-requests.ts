import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../contracts/errors.ts';
import { problemView, sendProblem } from './plugins/errors.ts';

const URL_PROBLEM = new Problem(
  'invalid_request',
  'The URL of the request cannot be decoded: check its percent-encoding.',
  {
    errors: [{ field: 'path', message: 'is not a valid URL' }],
  },
);
const HTTP_PROBLEM = new Problem('invalid_request', 'The request is not valid HTTP/1.1.');

/** Answers a request whose URL the router cannot read: Fastify runs no hook and no error handler for it. */
export function answerBadUrl(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  void sendProblem(URL_PROBLEM, request, reply);
}

/** Answers bytes that are not an HTTP request: there is no reply object, only the socket. */
export function answerBadConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(problemView(HTTP_PROBLEM));
  socket.end(
    'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/problem+json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
