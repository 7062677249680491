// The simulated supplier's teams and competitions, written into the alias table like those of any other supplier.
import { COMPETITIONS, TEAMS } from '#core/simulation/world.ts';
import type { Alias, Aliases } from '#ports/aliases.ts';

/** Adds the aliases of the simulated league for a feed; `except` leaves out names of the supplier, so that they have to be reviewed. */
export async function seedAliases(aliases: Aliases, source: string, except: ReadonlySet<string> = new Set()): Promise<number> {
  const competitions = COMPETITIONS.map(({ id, supplierName }) => ({
    kind: 'competition' as const,
    foreignId: supplierName,
    ourId: id,
  }));
  const teams = TEAMS.flat().map(({ id, supplierName }) => ({ kind: 'team' as const, foreignId: supplierName, ourId: id }));
  const rows: Alias[] = [...competitions, ...teams]
    .filter((row) => !except.has(row.foreignId))
    .map((row) => ({ ...row, source, swapped: false }));
  await aliases.add(rows, 'system');
  return rows.length;
}
