import { Type } from 'typebox';
import type { Locations } from '../../adapters/postgres/locations.ts';
import { Problem } from '../../contracts/errors.ts';
import { LocationId, LocationRequest, LocationView } from '../../contracts/http/locations.ts';
import { BODY_PROBLEMS, described, pageOf, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';

const LocationPath = Type.Object({ locationId: LocationId }, { additionalProperties: false });

export function locationRoutes(app: Api, locations: Locations): void {
  app.get(
    '/v1/locations',
    {
      config: { scope: 'stock:read' },
      schema: {
        operationId: 'listLocations',
        summary: 'List the locations of stock, by priority',
        tags: ['stock'],
        response: {
          200: described(pageOf('LocationList', LocationView), 'All locations.'),
          ...problems(),
        },
      },
    },
    async () => ({ data: await locations.list() }),
  );

  app.get(
    '/v1/locations/:locationId',
    {
      config: { scope: 'stock:read' },
      schema: {
        operationId: 'getLocation',
        summary: 'Retrieve a location',
        tags: ['stock'],
        params: LocationPath,
        response: { 200: described(LocationView, 'The location.'), ...problems('location_not_found') },
      },
    },
    async ({ params: { locationId } }) => {
      const location = await locations.find(locationId);
      if (!location) throw new Problem('location_not_found', `There is no location ${locationId}.`);
      return location;
    },
  );

  app.put(
    '/v1/locations/:locationId',
    {
      config: { scope: 'stock:write', logs: { action: 'location_set', object: 'location' } },
      schema: {
        operationId: 'putLocation',
        summary: 'Create or replace a location',
        description:
          'New orders are allocated to active locations, the lowest `priority` first. Without `priority`: 100. Safe to repeat.',
        tags: ['stock'],
        params: LocationPath,
        body: LocationRequest,
        response: { 200: described(LocationView, 'The location.'), ...problems(...BODY_PROBLEMS) },
      },
    },
    async ({ params: { locationId }, body }) => locations.put(locationId, body),
  );
}
