import type { FastifyReply } from 'fastify';

/** Says that the response depends on a header of the request, beside those that it depends on already (RFC 9110, section 12.5.5). */
export function addVary(reply: FastifyReply, name: string): FastifyReply {
  const before = reply.getHeader('vary');
  return reply.header('Vary', before === undefined ? name : `${String(before)}, ${name}`);
}
