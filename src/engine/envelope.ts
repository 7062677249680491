// Envelopes as text: canonical JSON on the way in, shape-checked on the way out. What cannot be read is refused, never guessed.
import { createHash } from 'node:crypto';
import { canonical } from '#core/base/canonical.ts';
import { isId } from '#core/base/ids.ts';
import { type Refusal, refuse } from '#core/base/refusal.ts';
import type { Actor, Command, Envelope, Lane } from '#core/kernel/command.ts';
import { LANES } from '#core/kernel/command.ts';
import { isCommandType } from '#core/decide.ts';

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

/** 128 bits of sha256 over the canonical command and its actor: what makes two uses of one key the same request. */
export function payloadHash(actor: Actor, cmd: Command): string {
  return createHash('sha256')
    .update(canonical([actor.ownerId, actor.tenantId, cmd]))
    .digest('hex')
    .slice(0, 32);
}

export function encodeEnvelope(parts: EnvelopeParts): string {
  const { actor, cmd, commandId, lane, ledgerId } = parts;
  return canonical({ actor, cmd, commandId, lane, ledgerId, payloadHash: payloadHash(actor, cmd) });
}

export interface Answer {
  readonly commandId: string;
  readonly shard: number;
  readonly seq: number;
  readonly result: 'done' | Refusal;
}

export function encodeAnswer(answer: Answer): string {
  const { commandId, result, seq, shard } = answer;
  return JSON.stringify({ commandId, result, seq, shard });
}

/** Reads an envelope; a refusal when it is not one. The command itself is judged by decide(). */
export function decodeEnvelope(encoded: string): Envelope | Refusal {
  if (encoded.length > COMMAND_BYTES_MAX) return refuse('too_large', { need: COMMAND_BYTES_MAX, have: encoded.length });
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
  if (typeof value.payloadHash !== 'string' || !PAYLOAD_HASH.test(value.payloadHash)) return refuse('malformed', { path: '/payloadHash' });
  if (!LANES.includes(value.lane as Lane)) return refuse('malformed', { path: '/lane' });
  if (typeof value.cmd !== 'object' || value.cmd === null) return refuse('malformed', { path: '/cmd' });
  if (!isCommandType(value.cmd.type)) return refuse('malformed', { path: '/cmd/type' });
  const actor = value.actor;
  if (typeof actor?.ownerId !== 'string' || typeof actor.tenantId !== 'string' || typeof actor.via !== 'string') {
    return refuse('malformed', { path: '/actor' });
  }
  return value as Envelope;
}
