import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../contracts/errors.ts';
import { problemView, sendProblem } from './plugins/errors.ts';

const URL_PROBLEM = new Problem('invalid_request', 'The address of the request cannot be decoded.', {
  errors: [{ field: 'path', message: 'is not a valid URL' }],
});
const HTTP_PROBLEM = new Problem('invalid_request', 'This is not a valid HTTP/1.1 request.');

/** For requests that the router cannot read, for which no hook and no error handler runs. */
export function answerBadUrl(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  void sendProblem(URL_PROBLEM, request, reply);
}

/** For bytes that are no HTTP request at all: there is only a socket to answer on. */
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
