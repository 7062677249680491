// Envelopes as text: canonical JSON on the way in, shape-checked on the way out. What cannot be read is refused, never guessed.
import { hash } from 'node:crypto';
import { canonical } from '#core/base/canonical.ts';
import { isId } from '#core/base/ids.ts';
import { type Refusal, refuse } from '#core/base/refusal.ts';
import type { Actor, Command, Envelope, Lane, Leg, Via } from '#core/kernel/command.ts';
import { LANES } from '#core/kernel/command.ts';
import { isNamedAfter } from '#core/bets/bet-id.ts';
import { misnamedOrderAt } from '#core/exchange/order-commands.ts';
import { isCommandType } from '#core/decide.ts';
import { MAIN_LEDGER } from '#core/ledger/shard.ts';
import { CommandKey } from './keys/command-key.ts';

/** Largest encoded command: a bet is about 0.4 KB, a result about 1 KB. */
export const COMMAND_BYTES_MAX = 65_536;

const PAYLOAD_HASH = /^[0-9a-f]{32}$/;

export interface EnvelopeParts {
  readonly commandId: string;
  readonly ledgerId: string;
  readonly actor: Actor;
  readonly lane: Lane;
  readonly cmd: Command;
}

/** 128 bits of sha256 over the canonical command, its actor and its ledger: what makes two uses of one key the same request. */
export function payloadHash(actor: Actor, cmd: Command, ledgerId = MAIN_LEDGER): string {
  return payloadHashOf(actor, canonical(cmd), ledgerId);
}

/** `main` was there before there were others, and its stored hashes hold no name. */
function payloadHashOf({ ownerId, tenantId }: Actor, canonicalCmd: string, ledgerId: string): string {
  const elsewhere = ledgerId === MAIN_LEDGER ? '' : `,${quoted(ledgerId)}`;
  return hash('sha256', `[${quoted(ownerId)},${quoted(tenantId)},${canonicalCmd}${elsewhere}]`).slice(0, 32);
}

/** Canonical JSON; the command in it is made once for text and hash. */
export function encodeEnvelope({ actor, cmd, commandId, lane, ledgerId }: EnvelopeParts): string {
  const text = (cmd.type === 'PlaceBet' ? encodePlaceBet(cmd) : null) ?? canonical(cmd);
  const { ownerId, tenantId, via, ...more } = actor;
  const who =
    isEmpty(more) && typeof via === 'string'
      ? `{"ownerId":${quoted(ownerId)},"tenantId":${quoted(tenantId)},"via":${quoted(via)}}`
      : canonical(actor);
  return (
    `{"actor":${who},"cmd":${text},"commandId":${quoted(commandId)},"lane":${quoted(lane)},` +
    `"ledgerId":${quoted(ledgerId)},"payloadHash":"${payloadHashOf(actor, text, ledgerId)}"}`
  );
}

/** A single bet with nothing unusual, written out: a fifth of the time of canonical(). Null for any other. */
function encodePlaceBet(cmd: Extract<Command, { type: 'PlaceBet' }>): string | null {
  const { betId, holder, legs, minOddsMilli, quoteSeq, stakeMinor, type, ...more } = cmd;
  if (typeof betId !== 'string' || typeof holder !== 'string' || !Array.isArray(legs)) return null;
  const [leg] = legs as readonly Leg[];
  if (typeof leg !== 'object' || leg === null || legs.length !== 1 || !isEmpty(more)) return null;
  const { marketId, selectionId, ...moreOfLeg } = leg;
  const whole = Number.isSafeInteger(minOddsMilli) && Number.isSafeInteger(quoteSeq) && Number.isSafeInteger(stakeMinor);
  const named = typeof marketId === 'string' && typeof selectionId === 'string';
  if (!whole || !named || !isEmpty(moreOfLeg)) return null;
  return (
    `{"betId":${quoted(betId)},"holder":${quoted(holder)},"legs":[{"marketId":${quoted(marketId)},"selectionId":${quoted(selectionId)}}],` +
    `"minOddsMilli":${minOddsMilli},"quoteSeq":${quoteSeq},"stakeMinor":${stakeMinor},"type":"${type}"}`
  );
}

function isEmpty(more: object): boolean {
  for (const _ in more) return false;
  return true;
}

const quoted = (text: string): string => JSON.stringify(text);

export interface Answer {
  readonly commandId: string;
  readonly shard: number;
  readonly seq: number;
  readonly result: 'done' | Refusal;
}

export function encodeAnswer(answer: Answer): string {
  const { commandId, result, seq, shard } = answer;
  // Written out for the commonest answer; a command id holds nothing that JSON escapes once it was checked.
  if (result === 'done') return `{"commandId":"${commandId}","result":"done","seq":${seq},"shard":${shard}}`;
  return JSON.stringify({ commandId, result, seq, shard });
}

/** An envelope and its key, both read. */
export interface Received {
  readonly envelope: Envelope;
  readonly key: CommandKey;
}

/** Reads an envelope; a refusal when it is not one, or places a bet or an order of another name than its own. The command itself is judged by decide(). */
export function decodeEnvelope(encoded: string, { anyBetId = false }: { readonly anyBetId?: boolean } = {}): Received | Refusal {
  if (encoded.length > COMMAND_BYTES_MAX) return refuse('too_large', { need: COMMAND_BYTES_MAX, have: encoded.length });
  const received = decodePlaceBet(encoded) ?? decodeAny(encoded);
  if ('code' in received || anyBetId) return received;
  const { cmd, commandId } = received.envelope;
  if (!isNamedAfter(commandId, cmd)) return refuse('malformed', { path: '/cmd/betId' });
  const misnamed = misnamedOrderAt(commandId, cmd);
  return misnamed === null ? received : refuse('malformed', { path: `/cmd${misnamed}` });
}

function decodeAny(encoded: string): Received | Refusal {
  let value: Partial<Envelope> | null;
  try {
    value = JSON.parse(encoded) as Partial<Envelope> | null;
  } catch {
    return refuse('malformed', { path: '' });
  }
  // Stored commands are lines: white space between members, which JSON allows, must not break one in two.
  if (typeof value !== 'object' || value === null || encoded.includes('\n')) return refuse('malformed', { path: '' });
  if (!isId('cmd', value.commandId)) return refuse('malformed', { path: '/commandId' });
  if (typeof value.ledgerId !== 'string') return refuse('malformed', { path: '/ledgerId' });
  if (typeof value.payloadHash !== 'string' || !PAYLOAD_HASH.test(value.payloadHash))
    return refuse('malformed', { path: '/payloadHash' });
  if (!LANES.includes(value.lane as Lane)) return refuse('malformed', { path: '/lane' });
  if (typeof value.cmd !== 'object' || value.cmd === null) return refuse('malformed', { path: '/cmd' });
  if (!isCommandType(value.cmd.type)) return refuse('malformed', { path: '/cmd/type' });
  const actor = value.actor;
  if (typeof actor?.ownerId !== 'string' || typeof actor.tenantId !== 'string' || typeof actor.via !== 'string') {
    return refuse('malformed', { path: '/actor' });
  }
  return { envelope: value as Envelope, key: CommandKey.of(value.commandId, value.payloadHash) };
}

// Printable ASCII without quote and backslash: what needs no unescaping, and where a character is a byte.
const TEXT = '"([ !#-\\[\\]-~]*)"';
const PLACE_BET = new RegExp(
  `^\\{"actor":\\{"ownerId":${TEXT},"tenantId":${TEXT},"via":${TEXT}\\},"cmd":\\{"betId":${TEXT},"holder":${TEXT},"legs":\\[\\{"marketId":${TEXT},` +
    `"selectionId":${TEXT}\\}\\],"minOddsMilli":(\\d+),"quoteSeq":(\\d+),"stakeMinor":(\\d+),"type":"PlaceBet"\\},"commandId":${TEXT},` +
    `"lane":"(people|bots)","ledgerId":${TEXT},"payloadHash":"([0-9a-f]*)"\\}$`,
);
const BETWEEN_ID_AND_HASH = '","lane":"","ledgerId":"","payloadHash":"'.length;
const END = '"}'.length;
const PAYLOAD_HASH_LENGTH = 32;
const COMMAND_ID_LENGTH = 30;

type S = string;
type PlaceBetFields = [S, S, S, S, S, S, S, S, S, S, S, S, S, S, S];

/** A single bet in canonical JSON, read by pattern: cheaper than JSON.parse and the checks after it. Anything else is null and parsed in full. */
function decodePlaceBet(encoded: string): Received | null {
  const m = PLACE_BET.exec(encoded) as PlaceBetFields | null;
  if (!m) return null;
  const [
    ,
    ownerId,
    tenantId,
    via,
    betId,
    holder,
    marketId,
    selectionId,
    minOdds,
    quoteSeq,
    stake,
    commandId,
    lane,
    ledgerId,
    hash,
  ] = m;
  const plain = isPlain(minOdds) && isPlain(quoteSeq) && isPlain(stake);
  if (!plain || hash.length !== PAYLOAD_HASH_LENGTH || commandId.length !== COMMAND_ID_LENGTH || !commandId.startsWith('cmd_'))
    return null;
  const hashAt = encoded.length - PAYLOAD_HASH_LENGTH - END;
  const commandIdAt = hashAt - ledgerId.length - lane.length - BETWEEN_ID_AND_HASH - COMMAND_ID_LENGTH;
  const key = CommandKey.within(encoded, commandIdAt, encoded, hashAt);
  if (!key) return null;
  const envelope: Envelope = {
    actor: { ownerId, tenantId, via: via as Via },
    cmd: {
      betId,
      holder,
      legs: [{ marketId, selectionId }],
      minOddsMilli: Number(minOdds),
      quoteSeq: Number(quoteSeq),
      stakeMinor: Number(stake),
      type: 'PlaceBet',
    },
    commandId,
    lane: lane as Lane,
    ledgerId,
    payloadHash: hash,
  };
  return { envelope, key };
}

/** True for digits that JSON would read to the same whole number. */
function isPlain(digits: string): boolean {
  return digits.length < 16 && (digits.length === 1 || digits.charCodeAt(0) !== 48);
}
