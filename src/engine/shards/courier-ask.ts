// A courier's command to a ledger, and the answer to it.
import type { Refusal } from '#core/base/refusal.ts';
import type { Command, Lane } from '#core/kernel/command.ts';
import type { Commands } from '#ports/commands.ts';
import { type Answer, encodeEnvelope } from '../envelope.ts';

export interface CourierAsks {
  readonly commandId: string;
  readonly ledgerId: string;
  readonly tenantId: string;
  readonly lane: Lane;
  readonly cmd: Command;
}

/** Null when it was done. Throws when there is no answer. */
export async function courierAsk(commands: Commands, { tenantId, ...parts }: CourierAsks): Promise<Refusal | null> {
  const actor = { ownerId: 'courier', tenantId, via: 'worker' } as const;
  const { result } = JSON.parse(await commands.submit(encodeEnvelope({ ...parts, actor }))) as Answer;
  return result === 'done' ? null : result;
}
