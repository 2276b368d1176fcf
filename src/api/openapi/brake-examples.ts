import type { Actor } from '../../contracts/actor.ts';
import type { BrakeReleaseRequest, BrakeRequest, BrakeView } from '../../contracts/http/brakes.ts';

const by: Actor = { type: 'operator', id: 'development', sessionId: 'kq1s0T9vXyZb' };

const brake: BrakeView = {
  brakeId: 7,
  kind: 'intake',
  target: '/storefront',
  reason: 'The storefront sends wrong prices',
  setAt: '2026-11-27T18:52:00.000Z',
  setBy: by,
  releasedAt: '2026-11-27T19:10:00.000Z',
  releasedBy: by,
  releaseReason: 'The prices are right again',
  affected: 41,
};

export const BRAKE_EXAMPLES = {
  Brake: brake,
  BrakeRequest: {
    kind: 'intake',
    target: '/storefront',
    reason: 'The storefront sends wrong prices',
  } satisfies BrakeRequest,
  BrakeReleaseRequest: { reason: 'The prices are right again' } satisfies BrakeReleaseRequest,
};
