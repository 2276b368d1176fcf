import type { Command } from 'commander';
import type { LocationRequest, LocationView } from '../../contracts/http/locations.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { jsonText, wholeNumber } from '../support/options.ts';
import { drawTable } from '../output/table.ts';
import { writeJson, writeLine, type Output } from '../output/terminal.ts';

interface PutFlags extends Omit<LocationRequest, 'active'> {
  inactive?: true;
}

/** `checkout locations`, `locations get <id>`, `locations put <id>` */
export const define: Define = (locations, terminal) => {
  locations
    .command('list', { isDefault: true })
    .description('list all locations, by priority')
    .action(async (_flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const found = await api.listLocations();
      if (json) writeJson(terminal.stdout, found);
      else writeLine(terminal.stdout, drawLocations(terminal.stdout, found));
    });

  locations
    .command('get')
    .description('show a location')
    .argument('<id>')
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      show(terminal.stdout, await api.getLocation(id), json);
    });

  locations
    .command('put')
    .description('create or replace a location')
    .argument('<id>')
    .requiredOption('--name <text>', 'the name')
    .option('--priority <n>', 'orders are allocated to the lowest priority first', wholeNumber(0))
    .option('--inactive', 'nothing new is allocated to it')
    .option('--address <json>', 'where parcels are sent from: {"name", "line1", "city", …}', jsonText)
    .action(async (id: string, { inactive, ...values }: PutFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const body: LocationRequest = { ...values, ...(inactive && { active: false }) };
      show(terminal.stdout, await api.putLocation(id, body), json);
    });
};

function show(stream: Output, location: LocationView, json: boolean): void {
  if (json) writeJson(stream, location);
  else writeLine(stream, drawLocations(stream, [location]));
}

const drawLocations = (stream: Output, locations: readonly LocationView[]): string =>
  drawTable(
    stream,
    [
      { title: 'location' },
      { title: 'name' },
      { title: 'priority', align: 'right' },
      { title: 'active' },
      { title: 'address' },
    ],
    locations.map(({ location, name, priority, active, address }) => [
      location,
      name,
      String(priority),
      active ? 'yes' : 'no',
      address ? drawAddress(address) : '',
    ]),
  );

const drawAddress = ({
  line1,
  postalCode = '',
  city,
  country,
}: NonNullable<LocationView['address']>): string => `${line1}, ${`${postalCode} ${city}`.trim()}, ${country}`;
