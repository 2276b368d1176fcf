import assert from 'node:assert/strict';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { Api } from '../../../src/api/lib/types.ts';
import {
  componentOf,
  openApiOf,
  operationsOf,
  resolved,
  validatorsOf,
  type Operation,
} from './openapi-document.ts';

/** Compares every JSON answer of an API with its description. Call the result at the end: it throws if they differ. */
export function compareAnswers(app: Api): () => void {
  const differences = new Set<string>();
  let description: Promise<Description> | undefined;

  app.addHook('onSend', async (request, reply, payload) => {
    const answer = jsonAnswerOf(request, reply, payload);
    if (answer) {
      description ??= describeApi(app);
      const difference = differenceOf(answer, await description);
      if (difference !== undefined) differences.add(difference);
    }
    return payload;
  });

  return () => {
    assert.deepEqual([...differences], [], 'answers differ from /openapi.json');
  };
}

interface Answer {
  route: string;
  status: number;
  type: string;
  body: string;
}

/** `undefined` for what is no JSON, for an answer outside of every route, and for the description, which is not in itself. */
function jsonAnswerOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): Answer | undefined {
  const { url } = request.routeOptions;
  const type = String(reply.getHeader('content-type') ?? '').replace(/;.*/, '');
  // The payload of a 204 is not sent.
  if (request.is404 || url === undefined || url === '/openapi.json' || reply.statusCode === 204)
    return undefined;
  if (typeof payload !== 'string' || !/[/+]json$/.test(type)) return undefined;
  const path = url.replaceAll(/:(\w+)/g, '{$1}');
  return { route: `${request.method} ${path}`, status: reply.statusCode, type, body: payload };
}

interface Description {
  operations: ReadonlyMap<string, Operation>;
  schemaOf: (operation: Operation, answer: Answer) => ValidateFunction | undefined;
}

async function describeApi(app: Api): Promise<Description> {
  const document = await openApiOf(app);
  const validatorOf = validatorsOf(document);
  return {
    operations: new Map(operationsOf(document).map(({ route, operation }) => [route, operation])),
    schemaOf: ({ responses }, { status, type }) => {
      const response = responses[String(status)];
      const component = componentOf(response && resolved(document, response).content?.[type]?.schema);
      return component === undefined ? undefined : validatorOf(component);
    },
  };
}

function differenceOf(answer: Answer, { operations, schemaOf }: Description): string | undefined {
  const { route, status, type, body } = answer;
  const operation = operations.get(route);
  // A route that the description leaves out, such as the page at /docs.
  if (!operation) return undefined;
  const validate = schemaOf(operation, answer);
  if (!validate) return `${route} answers ${status} with ${type}, which is not described`;
  if (validate(JSON.parse(body))) return undefined;
  return `${route} ${status}: ${JSON.stringify(validate.errors)} in ${body}`;
}
