import { MAX_SAVED_VIEWS, type NewSavedView, type SavedView } from '../../contracts/http/order-lists.ts';
import type { Pool } from './pool.ts';

/** Who saves and sees views: a client with one of its keys. */
export interface ViewOwner {
  clientId: string;
  keyId: string;
}

/** Filters of the list of orders that operators have kept. */
export interface SavedViews {
  /** Those of the key, and the shared ones of the client: its own first, then by name. */
  list(owner: ViewOwner): Promise<SavedView[]>;
  /** Saves a view. A view of the same owner with the same name is replaced. `undefined`: the owner has too many. Safe to run twice. */
  save(owner: ViewOwner, viewId: string, view: NewSavedView): Promise<SavedView | undefined>;
  /** Deletes a view of the key. Returns whether it had one with this id. */
  remove(owner: ViewOwner, viewId: string): Promise<boolean>;
}

interface ViewRow {
  view_id: string;
  name: string;
  is_shared: boolean;
  filter: SavedView['filter'];
  is_own: boolean;
  updated_at: Date;
}

const COLUMNS = 'view_id, name, is_shared, filter, key_id = $2 as is_own, updated_at';

export const createSavedViews = (pool: Pool): SavedViews => ({
  async list({ clientId, keyId }) {
    const { rows } = await pool.query<ViewRow>(
      `select ${COLUMNS} from saved_views where client_id = $1 and (key_id = $2 or is_shared)
        order by key_id = $2 desc, lower(name), view_id`,
      [clientId, keyId],
    );
    return rows.map(toView);
  },

  async save({ clientId, keyId }, viewId, { name, isShared, filter }) {
    const { rows } = await pool.query<ViewRow>(
      `insert into saved_views (client_id, key_id, view_id, name, is_shared, filter)
       select $1, $2, $3, $4::text, $5, $6
        where (select count(*) from saved_views where client_id = $1 and key_id = $2 and name <> $4) < ${MAX_SAVED_VIEWS}
       on conflict (client_id, key_id, name) do update
          set is_shared = excluded.is_shared, filter = excluded.filter, updated_at = clock_timestamp()
       returning ${COLUMNS}`,
      [clientId, keyId, viewId, name, isShared, JSON.stringify(filter)],
    );
    const [row] = rows;
    return row && toView(row);
  },

  async remove({ clientId, keyId }, viewId) {
    const { rowCount } = await pool.query(
      'delete from saved_views where client_id = $1 and key_id = $2 and view_id = $3',
      [clientId, keyId, viewId],
    );
    return rowCount === 1;
  },
});

const toView = (row: ViewRow): SavedView => ({
  viewId: row.view_id,
  name: row.name,
  isShared: row.is_shared,
  filter: row.filter,
  isOwn: row.is_own,
  updatedAt: row.updated_at.toISOString(),
});
