// The one door of bets of several legs into decide(): their commands and their timers.
import type { Context, Envelope } from '../../kernel/command.ts';
import type { Decision } from '../../kernel/event.ts';
import { type LedgerState, marketOf } from '../../kernel/state.ts';
import { decideLegs } from './decide-legs.ts';
import type { MultipleCommand } from './multiple-commands.ts';
import { placeMultiple, setCombinable } from './place-multiple.ts';
import { releaseMultiple } from './release-multiple.ts';

export function decideMultiples(ledger: LedgerState, envelope: Envelope<MultipleCommand>, context: Context): Decision {
  const { cmd } = envelope;
  if (cmd.type === 'PlaceMultiple') return placeMultiple(ledger, envelope as Envelope<typeof cmd>, context);
  return setCombinable(ledger, envelope as Envelope<typeof cmd>, context);
}

/** A due timer by its kind, or null when it is none of theirs. */
export function fireMultiples(
  ledger: LedgerState,
  cause: { envelope: Envelope; context: Context },
  { dueAt, kind, name }: { kind: string; name: string; dueAt: number },
): Decision | null {
  if (kind === 'multiple') return releaseMultiple(ledger, cause, { betId: name, dueAt });
  if (kind !== 'legs') return null;
  const market = marketOf(ledger, name);
  return market ? decideLegs(ledger, cause, market) : [];
}
