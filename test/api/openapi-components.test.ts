import assert from 'node:assert/strict';
import { withComponents } from '../../src/api/openapi/components.ts';

const answering = (schema: object): object => ({
  get: { responses: { 200: { description: 'Found.', content: { 'application/json': { schema } } } } },
});

describe('the components of the description', () => {
  it('are the schemas with a title, wherever they are; a property named title is not a title', () => {
    const item = { title: 'Item', type: 'object', properties: { title: { type: 'string' } } };
    const list = { title: 'List', type: 'object', properties: { data: { type: 'array', items: item } } };
    const { paths, components } = withComponents({ '/items': answering(list), '/item': answering(item) });
    assert.deepEqual(components.schemas, {
      Item: { type: 'object', properties: { title: { type: 'string' } } },
      List: {
        type: 'object',
        properties: { data: { type: 'array', items: { $ref: '#/components/schemas/Item' } } },
      },
    });
    assert.deepEqual(paths['/item'], answering({ $ref: '#/components/schemas/Item' }));
  });

  it('cannot be two different schemas with one title', () => {
    const one = { title: 'Item', type: 'object' };
    assert.throws(
      () =>
        withComponents({ '/a': answering(one), '/b': answering({ ...one, additionalProperties: false }) }),
      /Two schemas of the API have the title Item/,
    );
  });

  it('are the error responses that most operations share', () => {
    const operation = (...statuses: number[]): object => ({
      get: { responses: Object.fromEntries(statuses.map((status) => [status, { description: 'No.' }])) },
    });
    const { paths, components } = withComponents({
      '/a': operation(401, 404),
      '/b': operation(401),
      '/c': operation(200),
    });
    assert.deepEqual(components.responses, { Unauthorized: { description: 'No.' } });
    assert.deepEqual(paths['/a'], {
      get: {
        responses: { 401: { $ref: '#/components/responses/Unauthorized' }, 404: { description: 'No.' } },
      },
    });
  });
});
