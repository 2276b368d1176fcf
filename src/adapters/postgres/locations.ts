import type { LocationAddress, LocationRequest, LocationView } from '../../contracts/http/locations.ts';
import type { Pool } from './pool.ts';

export interface Locations {
  find(location: string): Promise<LocationView | undefined>;
  /** Returns the locations by priority. A shop has few: there are no pages. */
  list(): Promise<LocationView[]>;
  /** Creates the location, or replaces it. Safe to repeat. */
  put(location: string, values: LocationRequest): Promise<LocationView>;
}

interface LocationRow {
  location_id: string;
  name: string;
  priority: number;
  active: boolean;
  address: LocationAddress | null;
}

const COLUMNS = 'location_id, name, priority, active, address';

/** As the column `locations.priority`. */
const DEFAULT_PRIORITY = 100;

export function createLocations(pool: Pool): Locations {
  return {
    async find(location) {
      const text = `select ${COLUMNS} from locations where location_id = $1`;
      const [row] = (await pool.query<LocationRow>(text, [location])).rows;
      return row && toLocation(row);
    },

    async list() {
      const text = `select ${COLUMNS} from locations order by priority, location_id`;
      return (await pool.query<LocationRow>(text)).rows.map(toLocation);
    },

    async put(location, { name, priority = DEFAULT_PRIORITY, active = true, address }) {
      const { rows } = await pool.query<LocationRow>(
        `insert into locations (location_id, name, priority, active, address) values ($1, $2, $3, $4, $5)
         on conflict (location_id) do update
            set name = excluded.name, priority = excluded.priority, active = excluded.active, address = excluded.address,
                updated_at = clock_timestamp()
         returning ${COLUMNS}`,
        [location, name, priority, active, address ?? null],
      );
      const [row] = rows;
      if (!row) throw new Error(`Location ${location} was not written. Write it again.`);
      return toLocation(row);
    },
  };
}

const toLocation = (row: LocationRow): LocationView => ({
  location: row.location_id,
  name: row.name,
  priority: row.priority,
  active: row.active,
  ...(row.address !== null && { address: row.address }),
});
