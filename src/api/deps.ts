// What the API needs from the rest: ports and functions, nothing that knows a vendor.
import type {
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  FastifyBaseLogger,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock } from '#ports/clock.ts';
import type { Commands } from '#ports/commands.ts';
import type { DisputeEvidence } from '#ports/dispute-evidence.ts';
import type { Identity, Principal, Scope } from '#ports/identity.ts';
import type { Log } from '#ports/log.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { Span, Traces } from '#ports/traces.ts';
import type { OfferSigner } from '#ports/offer-signer.ts';
import type { Questions } from '#ports/questions.ts';
import type { RateCounters } from '#ports/rate-counters.ts';
import type { ReadModels, ReviewQueue } from '#ports/read-models.ts';
import type { DeskOffice } from '#engine/desk/desk-office.ts';
import type { ReadinessCheck } from './readiness.ts';
import type { ConnectionLimits } from './socket/connections.ts';
import type { LiveHub } from './live/live-hub.ts';
import type { OddsHub } from './socket/odds-hub.ts';

export interface ApiDeps {
  /** The ledger this API serves. */
  readonly ledgerId: string;
  readonly commands: Commands;
  /** From now on a shard has a writer. */
  readonly useShard: (shard: number) => Promise<void>;
  readonly identity: Identity;
  readonly readModels: ReadModels;
  readonly review: ReviewQueue;
  /** What bettors wrote for their disputes. */
  readonly evidence: DisputeEvidence;
  /** What is offered by hand. */
  readonly desk: DeskOffice;
  /** What only a writer's memory knows, wherever the writer is. */
  readonly questions: Questions;
  readonly odds: OddsHub;
  /** The journal's last events. */
  readonly events: LiveHub;
  /** Of cash-out offers. */
  readonly offers: OfferSigner;
  /** Request counts; without them this process counts by itself. */
  readonly rates?: RateCounters;
  readonly readiness: readonly ReadinessCheck[];
  /** True from the moment this process was told to stop. */
  readonly draining: () => boolean;
  readonly metrics: Metrics;
  /** Without them nothing is traced. */
  readonly traces?: Traces;
  readonly log: Log;
  readonly clock: Clock;
  readonly options: ApiOptions;
}

export interface ApiOptions {
  /** Of the program, for /version. */
  readonly version: string;
  /** The book that bets are made at; without it every source is. */
  readonly executableBook?: string;
  /** Requests a minute of one principal, and of one address without a key. */
  readonly ratePerMinute?: number;
  readonly publicRatePerMinute?: number;
  /** Wrong keys a minute from one address before it has to wait. */
  readonly badKeysPerMinute?: number;
  /** Proxies whose X-Forwarded-For is believed. None unless told. */
  readonly trustProxy?: readonly string[];
  /** Other origins whose pages may open the sockets, e.g. https://palpite.example. */
  readonly origins?: readonly string[];
  /** Anybody may read /metrics; otherwise this machine, and operators' keys. */
  readonly metricsOpen?: boolean;
  /** Sockets and event streams at once, and when one is taken for dead. */
  readonly connectionLimits?: ConnectionLimits;
  /** How long a command's answer is waited for, ms. */
  readonly answerWaitMs?: number;
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
    correlationId: string;
    /** Of a traced request. */
    span: Span | null;
  }
  interface FastifyContextConfig {
    /** Scope that a key needs for this route; without one the route is public. */
    scope?: Scope;
  }
}
