// Checks what a result tells of participants. Places must be whole: as many share one as it says, and the next begins after them.
import { isPpm } from '../bets/runners/deductions.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { isParticipant } from '../catalog/market.ts';
import type { Placing, Withdrawn } from '../catalog/result.ts';

/** Participants that one result may name. */
export const PARTICIPANTS_MAX = 400;

export function plainPlacing({ participantId, place, tied }: Placing): Placing {
  return { participantId, place, tied };
}

export function plainWithdrawn({ at, deductionPpm, participantId }: Withdrawn): Withdrawn {
  return { at, deductionPpm, participantId };
}

export function faultInPlaces(places: unknown): Refusal | null {
  if (places === undefined) return null;
  const fault = faultInList(places, '/result/places', isPlacing);
  if (fault) return fault;
  let next = 1;
  const placed = (places as readonly Placing[]).filter(({ place }) => place > 0).sort((a, b) => a.place - b.place);
  for (let i = 0; i < placed.length;) {
    const { participantId, place, tied } = placed[i] as Placing;
    const sharing = placed.filter((one) => one.place === place);
    if (place !== next || sharing.length !== tied || sharing.some((one) => one.tied !== tied))
      return refuse('malformed', { path: `/result/places/${indexOf(places as readonly Placing[], participantId)}`, need: next });
    next += tied;
    i += tied;
  }
  return null;
}

export function faultInWithdrawn(withdrawn: unknown): Refusal | null {
  return withdrawn === undefined ? null : faultInList(withdrawn, '/result/withdrawn', isWithdrawnFact);
}

function faultInList(list: unknown, path: string, isSound: (item: never) => boolean): Refusal | null {
  if (!Array.isArray(list)) return refuse('malformed', { path });
  if (list.length > PARTICIPANTS_MAX) return refuse('malformed', { path, need: PARTICIPANTS_MAX });
  const seen = new Set<string>();
  for (const [i, item] of (list as readonly (Partial<Placing> | null)[]).entries()) {
    const name = item?.participantId;
    if (!item || !isParticipant(name) || seen.has(name) || !isSound(item as never))
      return refuse('malformed', { path: `${path}/${i}` });
    seen.add(name);
  }
  return null;
}

function isPlacing({ place, tied }: Placing): boolean {
  const whole = Number.isInteger(place) && Number.isInteger(tied) && place >= 0 && place <= PARTICIPANTS_MAX;
  return whole && (place === 0 ? tied === 0 : tied >= 1 && tied <= PARTICIPANTS_MAX);
}

function isWithdrawnFact({ at, deductionPpm }: Withdrawn): boolean {
  return Number.isSafeInteger(at) && at >= 0 && isPpm(deductionPpm);
}

function indexOf(places: readonly Placing[], participantId: string): number {
  return places.findIndex((one) => one.participantId === participantId);
}
