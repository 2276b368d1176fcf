import assert from 'node:assert/strict';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { Api } from '../../../src/api/lib/types.ts';
import {
  componentOf,
  operationsOf,
  resolved,
  validatorsOf,
  type Document,
  type Operation,
} from './openapi-document.ts';

/** Compares every JSON answer of an API with its description. Call the result at the end: it throws if they differ. */
export function compareAnswers(app: Api): () => void {
  const differences = new Set<string>();
  let description: Description | undefined;

  app.addHook('onSend', (request, reply, payload, done) => {
    const answer = jsonAnswerOf(request, reply, payload);
    if (answer) {
      description ??= descriptionOf(app);
      const difference = differenceOf(answer, description);
      if (difference !== undefined) differences.add(difference);
    }
    done(null, payload);
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

/** `undefined` for what is no JSON, and for an answer outside of every route. */
function jsonAnswerOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): Answer | undefined {
  const { url } = request.routeOptions;
  const type = String(reply.getHeader('content-type') ?? '').replace(/;.*/, '');
  // The payload of a 204 is not sent.
  if (request.is404 || url === undefined || reply.statusCode === 204) return undefined;
  if (typeof payload !== 'string' || !/[/+]json$/.test(type)) return undefined;
  const path = url.replaceAll(/:(\w+)/g, '{$1}');
  return { route: `${request.method} ${path}`, status: reply.statusCode, type, body: payload };
}

interface Description {
  operations: ReadonlyMap<string, Operation>;
  schemaOf: (operation: Operation, answer: Answer) => ValidateFunction | undefined;
}

function descriptionOf(app: Api): Description {
  const document = JSON.parse(JSON.stringify(app.swagger())) as Document;
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
  // A route that the description leaves out, such as /openapi.json itself.
  if (!operation) return undefined;
  const validate = schemaOf(operation, answer);
  if (!validate) return `${route} answers ${status} with ${type}, which is not described`;
  if (validate(JSON.parse(body))) return undefined;
  return `${route} ${status}: ${JSON.stringify(validate.errors)} in ${body}`;
}
