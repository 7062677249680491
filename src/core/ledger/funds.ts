// Play money in and out, and the wallets that hold it. Real money enters only through payments, never through issuance.
import { AMOUNT_MINOR_MAX, isAmount } from '../base/money.ts';
import { isId } from '../base/ids.ts';
import { refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import type { Context, Envelope, IssueFunds, OpenLedger, ReclaimFunds } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import {
  availableMinor,
  circulatingMinor,
  holderOf,
  initialLedger,
  ISSUANCE,
  type LedgerState,
  type ShardState,
} from '../kernel/state.ts';
import { CURRENCIES, isCurrency } from '../base/money.ts';
import { HOME_LEDGER } from '../play/bans.ts';
import { posting } from './accounts.ts';
import { makeHolder } from './holder.ts';
import { isLedgerId } from './shard.ts';

/** All play money of a ledger together, minor units: with it every balance and every sum of stakes stays an exact integer. */
export const CIRCULATION_MINOR_MAX = 4 * AMOUNT_MINOR_MAX;

export function openLedger(state: ShardState, envelope: Envelope<OpenLedger>, context: Context): Decision {
  const { currency, home, markets, moneyClass } = envelope.cmd;
  if (state.ledgers.has(envelope.ledgerId)) return refuse('already_resolved', { path: '/ledgerId' });
  if (!isLedgerId(envelope.ledgerId)) return refuse('malformed', { path: '/ledgerId' });
  if (!isCurrency(currency)) return refuse('malformed', { path: '/currency' });
  if (CURRENCIES[currency].class !== moneyClass) return refuse('currency_mismatch', { path: '/moneyClass' });
  if (home !== undefined && (home !== HOME_LEDGER || envelope.ledgerId === home)) return refuse('malformed', { path: '/home' });
  const opened = {
    currency,
    ...(home === undefined ? {} : { home }),
    ...(markets === true ? { markets } : {}),
    moneyClass,
  };
  return [event({ envelope, context }, 'LedgerOpened', opened)];
}

export function issueFunds(ledger: LedgerState, envelope: Envelope<IssueFunds>, context: Context): Decision {
  const { amountMinor, holder: id, ownerId, tenantId } = envelope.cmd;
  if (ledger.moneyClass !== 'play') return refuse('currency_mismatch', { path: '/ledgerId' });
  if (!isAmount(amountMinor)) return refuse('step_invalid', { path: '/amountMinor' });
  if (!isId('usr', id) && !isId('bot', id)) return refuse('malformed', { path: '/holder' });
  if (!isToken(tenantId)) return refuse('malformed', { path: '/tenantId' });
  const holder = holderOf(ledger, id);
  if (!holder && !isId('usr', id)) return refuse('not_found', { path: '/holder' });
  if (!holder && id !== ownerId) return refuse('malformed', { path: '/ownerId' });
  if (holder && (holder.ownerId !== ownerId || holder.tenantId !== tenantId)) return refuse('not_found', { path: '/holder' });
  const issued = amountMinor - ledger.accounts.balance(ISSUANCE, ledger.currency);
  const circulating = Math.max(issued, amountMinor + circulatingMinor(ledger));
  if (circulating > CIRCULATION_MINOR_MAX) return refuse('limit_house', { need: CIRCULATION_MINOR_MAX, have: circulating });
  const transfer = posting(ISSUANCE, `player:${id}:available`, amountMinor, ledger.currency);
  return [event({ envelope, context }, 'FundsIssued', { holder: id, ownerId, tenantId }, [transfer])];
}

export function reclaimFunds(ledger: LedgerState, envelope: Envelope<ReclaimFunds>, context: Context): Decision {
  const { amountMinor, holder: id } = envelope.cmd;
  if (ledger.moneyClass !== 'play') return refuse('currency_mismatch', { path: '/ledgerId' });
  const holder = holderOf(ledger, id);
  if (!holder) return refuse('not_found', { path: '/holder' });
  if (!isAmount(amountMinor)) return refuse('step_invalid', { path: '/amountMinor' });
  const available = availableMinor(ledger, holder);
  if (available < amountMinor) return refuse('insufficient_funds', { need: amountMinor, have: available });
  const transfer = posting(holder.available, ISSUANCE, amountMinor, ledger.currency);
  return [event({ envelope, context }, 'FundsReclaimed', { holder: id }, [transfer])];
}

export function onLedgerOpened(state: ShardState, e: NewEvent<'LedgerOpened'>): void {
  const ledger = initialLedger(e.ledgerId, e.data.currency, e.data.moneyClass);
  ledger.bans.waits = e.data.home !== undefined;
  state.ledgers.set(e.ledgerId, ledger);
}

export function onFundsIssued(ledger: LedgerState, e: NewEvent<'FundsIssued'>): void {
  const { holder, ownerId, tenantId } = e.data;
  if (!ledger.holderRows.has(holder)) addHolder(ledger, { id: holder, ownerId, tenantId });
}

export function addHolder(ledger: LedgerState, facts: Parameters<typeof makeHolder>[0]): void {
  ledger.holderRows.set(facts.id, ledger.holders.length);
  const holder = makeHolder(facts);
  ledger.holders.push(holder);
  ledger.play.onHolder(holder);
}
