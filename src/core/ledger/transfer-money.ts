// Money from one ledger to another: it leaves the sender for `transit:...`, the other ledger takes it out of its own `transit:...` or refuses it
// for good, and the first learns which. Both transit accounts together are at 0 when nothing is on its way.
import { isAmount } from '../base/money.ts';
import { isId } from '../base/ids.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import type { ConfirmTransfer, Context, Envelope, ReceiveTransfer, ReturnTransfer, SendTransfer } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { availableMinor, circulatingMinor, holderOf, type LedgerState } from '../kernel/state.ts';
import { actsFor } from '../risk/gate.ts';
import { posting } from './accounts.ts';
import { addHolder, CIRCULATION_MINOR_MAX } from './funds.ts';
import type { Holder } from './holder.ts';
import { isLedgerId } from './shard.ts';
import { TRANSFER_LIFE_MS, TRANSFERS_OPEN_MAX, TRANSFERS_OPEN_PER_HOLDER_MAX, TRANSFERS_RECEIVED_MAX } from './transfers.ts';

export function transitOf(ledgerId: string): string {
  return `transit:${ledgerId}`;
}

/** A transfer is named after its command: a key happens once, so no two transfers share a name. */
export function transferIdOf(commandId: string): string {
  return `trf_${commandId.slice('cmd_'.length)}`;
}

export function sendTransfer(ledger: LedgerState, envelope: Envelope<SendTransfer>, context: Context): Decision {
  const { amountMinor, toHolder, toLedger } = envelope.cmd;
  const fault = faultInSend(ledger, envelope.cmd);
  if (fault) return fault;
  const holder = holderOf(ledger, envelope.cmd.holder);
  if (!holder || !maySend(envelope, holder)) return refuse('not_found', { path: '/holder' });
  const barred = barredFromSending(ledger, { holder, toLedger, amountMinor }, context.now);
  if (barred) return barred;
  const { id, ownerId, tenantId } = holder;
  const transferId = transferIdOf(envelope.commandId);
  const transfer = posting(holder.available, transitOf(toLedger), amountMinor, ledger.currency);
  return [
    event({ envelope, context }, 'TransferSent', { holder: id, ownerId, tenantId, toHolder, toLedger, transferId }, [transfer]),
  ];
}

function faultInSend(ledger: LedgerState, { amountMinor, currency, toHolder, toLedger }: SendTransfer): Refusal | null {
  if (!isLedgerId(toLedger)) return refuse('malformed', { path: '/toLedger' });
  if (toLedger === ledger.ledgerId) return refuse('same_ledger', { path: '/toLedger' });
  if (!isId('usr', toHolder) && !isId('bot', toHolder)) return refuse('malformed', { path: '/toHolder' });
  if (currency !== ledger.currency) return refuse('currency_mismatch', { path: '/currency' });
  if (!isAmount(amountMinor)) return refuse('step_invalid', { path: '/amountMinor' });
  return null;
}

/** People move their own money and that of their bots; operators that of their tenant. */
function maySend({ actor }: Envelope, holder: Holder): boolean {
  return actor.via === 'api' ? actsFor(actor, holder) : actor.tenantId === holder.tenantId;
}

function barredFromSending(
  ledger: LedgerState,
  of: { readonly holder: Holder; readonly toLedger: string; readonly amountMinor: number },
  now: number,
): Refusal | null {
  const { amountMinor, holder, toLedger } = of;
  const { accounts, currency, transfers } = ledger;
  // An exclusion binds in this ledger: money must not walk away from it.
  const until = ledger.exclusions.get(holder.ownerId) ?? 0;
  if (until > now) return refuse('self_excluded', { retryAfterMs: until - now });
  const available = availableMinor(ledger, holder);
  if (available < amountMinor) return refuse('insufficient_funds', { need: amountMinor, have: available });
  if (transfers.openCountOf(holder.id) >= TRANSFERS_OPEN_PER_HOLDER_MAX)
    return refuse('limit_user', { need: TRANSFERS_OPEN_PER_HOLDER_MAX, have: transfers.openCountOf(holder.id) });
  if (transfers.openCount >= TRANSFERS_OPEN_MAX)
    return refuse('limit_house', { need: TRANSFERS_OPEN_MAX, have: transfers.openCount });
  const there = accounts.balance(transitOf(toLedger), currency) + amountMinor;
  if (there > CIRCULATION_MINOR_MAX) return refuse('limit_house', { need: CIRCULATION_MINOR_MAX, have: there });
  return null;
}

/** On the other ledger. Whatever it refuses here it refuses for good, except what is too old to be judged. */
export function receiveTransfer(ledger: LedgerState, envelope: Envelope<ReceiveTransfer>, context: Context): Decision {
  const { amountMinor, currency, fromHolder, fromLedger, sentAt, transferId } = envelope.cmd;
  const fault = faultInReceipt(envelope.cmd);
  if (fault) return fault;
  if (fromLedger === ledger.ledgerId) return refuse('same_ledger', { path: '/fromLedger' });
  if (ledger.transfers.wasReceived(fromLedger, transferId)) return refuse('already_resolved', { path: '/transferId' });
  const oldest = context.now - TRANSFER_LIFE_MS;
  if (sentAt < oldest) return refuse('key_expired', { need: oldest, have: sentAt });
  if (currency !== ledger.currency) return refuse('currency_mismatch', { path: '/currency' });
  const { receivedCount } = ledger.transfers;
  if (receivedCount >= TRANSFERS_RECEIVED_MAX)
    return refuse('limit_house', { need: TRANSFERS_RECEIVED_MAX, have: receivedCount });
  const into = receiverOf(ledger, envelope.cmd);
  if ('code' in into) return into;
  const there = amountMinor - ledger.accounts.balance(transitOf(fromLedger), currency);
  const all = amountMinor + circulatingMinor(ledger);
  if (Math.max(there, all) > CIRCULATION_MINOR_MAX)
    return refuse('limit_house', { need: CIRCULATION_MINOR_MAX, have: Math.max(there, all) });
  const { holder, ownerId, tenantId } = into;
  const transfer = posting(transitOf(fromLedger), `player:${holder}:available`, amountMinor, currency);
  const data = { fromHolder, fromLedger, holder, ownerId, sentAt, tenantId, transferId };
  return [event({ envelope, context }, 'TransferReceived', data, [transfer])];
}

function faultInReceipt(cmd: ReceiveTransfer): Refusal | null {
  if (!isId('trf', cmd.transferId)) return refuse('malformed', { path: '/transferId' });
  if (!isLedgerId(cmd.fromLedger)) return refuse('malformed', { path: '/fromLedger' });
  if (!isId('usr', cmd.fromHolder) && !isId('bot', cmd.fromHolder)) return refuse('malformed', { path: '/fromHolder' });
  if (!isId('usr', cmd.ownerId)) return refuse('malformed', { path: '/ownerId' });
  if (!isToken(cmd.tenantId)) return refuse('malformed', { path: '/tenantId' });
  if (!Number.isSafeInteger(cmd.sentAt)) return refuse('malformed', { path: '/sentAt' });
  if (!isAmount(cmd.amountMinor)) return refuse('step_invalid', { path: '/amountMinor' });
  return null;
}

/** A wallet of the sender's tenant; that of the sender himself is opened here when he has none. */
function receiverOf(
  ledger: LedgerState,
  { holder: id, ownerId, tenantId }: ReceiveTransfer,
): { holder: string; ownerId: string; tenantId: string } | Refusal {
  const holder = holderOf(ledger, id);
  if (!holder) return id === ownerId ? { holder: id, ownerId, tenantId } : refuse('not_found', { path: '/holder' });
  if (holder.tenantId !== tenantId) return refuse('not_found', { path: '/holder' });
  if (holder.retired) return refuse('dead', { path: '/holder' });
  return { holder: holder.id, ownerId: holder.ownerId, tenantId: holder.tenantId };
}

/** Back on the first ledger: the money arrived, or comes back. */
export function closeTransfer(
  ledger: LedgerState,
  envelope: Envelope<ConfirmTransfer | ReturnTransfer>,
  context: Context,
): Decision {
  const { cmd } = envelope;
  const sent = ledger.transfers.findOpen(cmd.transferId);
  if (!sent) return refuse('already_resolved', { path: '/transferId' });
  const { amountMinor, holder, toLedger, transferId } = sent;
  const cause = { envelope, context };
  if (cmd.type === 'ConfirmTransfer') return [event(cause, 'TransferConfirmed', { holder, transferId })];
  if (!isToken(cmd.reason)) return refuse('malformed', { path: '/reason' });
  const back = posting(transitOf(toLedger), `player:${holder}:available`, amountMinor, ledger.currency);
  return [event(cause, 'TransferReturned', { holder, reason: cmd.reason, transferId }, [back])];
}

export function onTransferSent(ledger: LedgerState, e: NewEvent<'TransferSent'>): void {
  const { holder, toHolder, toLedger, transferId } = e.data;
  const amountMinor = amountOf(e);
  ledger.transfers.add({ transferId, holder, toLedger, toHolder, amountMinor, sentAt: e.at });
  ledger.transfers.transitMinor += amountMinor;
}

export function onTransferReceived(ledger: LedgerState, e: NewEvent<'TransferReceived'>): void {
  const { holder, ownerId, tenantId } = e.data;
  if (!ledger.holderRows.has(holder)) addHolder(ledger, { id: holder, ownerId, tenantId });
  ledger.transfers.receive(e.data, e.at);
  ledger.transfers.transitMinor -= amountOf(e);
}

export function onTransferClosed(ledger: LedgerState, e: NewEvent<'TransferConfirmed' | 'TransferReturned'>): void {
  const { amountMinor } = ledger.transfers.close(e.data.transferId);
  if (e.type === 'TransferReturned') ledger.transfers.transitMinor -= amountMinor;
}

function amountOf(e: NewEvent): number {
  return e.postings?.[0]?.amountMinor ?? 0;
}
