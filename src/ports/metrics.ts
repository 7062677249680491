// What is measured: one table of names, so that a dashboard, the code and the exporter cannot drift apart.
// Labels take few values only: never an id of a person, bet or market.

export type Labels = Readonly<Record<string, string | number>>;

interface MetricSpec {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
}

const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

export const METRICS = {
  palpite_commit_seconds: { kind: 'histogram', help: 'From sending a block to its COMMIT', labels: ['shard'], buckets: SECONDS },
  palpite_commit_events: { kind: 'histogram', help: 'Events in a committed block', labels: ['shard'], buckets: COUNTS },
  palpite_commit_bytes_total: { kind: 'counter', help: 'Bytes of committed block bodies', labels: ['shard'] },
  palpite_queue_depth: { kind: 'gauge', help: 'Commands that wait for the writer', labels: ['shard'] },
  palpite_chain_head_seq: { kind: 'gauge', help: 'Last committed seq of a chain', labels: ['shard'] },
  palpite_writer_writing: { kind: 'gauge', help: '1 while this process writes the shard', labels: ['shard'] },
  palpite_bans_behind: { kind: 'gauge', help: 'Ledgers that do not know yet who is barred', labels: ['shard'] },
  palpite_transfers_open: { kind: 'gauge', help: 'Transfers to other ledgers whose end is not known yet', labels: ['shard'] },
  palpite_projection_lag_seconds: { kind: 'gauge', help: 'How far the read models are behind the journal', labels: ['shard'] },
  palpite_projection_lag_events: { kind: 'gauge', help: 'Events not yet in the read models', labels: ['shard'] },
  palpite_disk_free_bytes: { kind: 'gauge', help: 'Free space on the disk of the embedded database' },
  palpite_disk_low: { kind: 'gauge', help: '1 while bets are refused because that disk is nearly full' },
  palpite_state_hash_mismatch_total: {
    kind: 'counter',
    help: 'States of one place in a chain that were folded to different bytes',
    labels: ['shard', 'between'],
  },
  palpite_state_hash_agreed_total: {
    kind: 'counter',
    help: 'States of one place in a chain that were folded to the same bytes',
    labels: ['shard', 'between'],
  },
  palpite_lease_held: { kind: 'gauge', help: '1 where this process runs the role, 0 where it stands by', labels: ['lease'] },
  palpite_database_up: { kind: 'gauge', help: '1 while the database answers this process' },
  palpite_redis_up: { kind: 'gauge', help: '1 while Redis answers this process' },
  palpite_bus_lag_messages: {
    kind: 'gauge',
    help: 'Messages that wait for a group, in the partitions of this process',
    labels: ['topic', 'group'],
  },
  palpite_dead_letters: { kind: 'gauge', help: 'Dead letters that wait for somebody to decide', labels: ['topic'] },
  palpite_backup_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the last base backup was made, and when the log was last archived',
    labels: ['kind'],
  },
  palpite_backup_interval_seconds: { kind: 'gauge', help: 'Time between scheduled base backups; 0 without a schedule' },
  palpite_traces_dropped_total: {
    kind: 'counter',
    help: 'Spans that no collector got, and traces not begun, by reason',
    labels: ['reason'],
  },
  palpite_quotes_total: { kind: 'counter', help: 'Quotes that the odds role took, by what became of them', labels: ['outcome'] },
  palpite_line_switches_total: {
    kind: 'counter',
    help: 'Markets whose line went from one feed to another',
    labels: ['from', 'to'],
  },
  palpite_feed_polls_total: {
    kind: 'counter',
    help: 'Rounds of a polled supplier, by how they ended',
    labels: ['feed', 'outcome'],
  },
  palpite_feed_streams_total: {
    kind: 'counter',
    help: 'What an exchange stream went through: images, messages that were late, connections that ended',
    labels: ['feed', 'outcome'],
  },
  palpite_feed_age_seconds: { kind: 'gauge', help: 'Since when an exchange stream has confirmed no price', labels: ['feed'] },
  palpite_bets_total: { kind: 'counter', help: 'Bet commands by answer', labels: ['via', 'outcome'] },
  palpite_supplier_answers_total: {
    kind: 'counter',
    help: 'Bets that the supplier was asked about, by answer; too_late: given back before he heard of them',
    labels: ['outcome'],
  },
  palpite_answers_flagged_total: {
    kind: 'counter',
    help: 'Answers about bets that came too late or said something else than the one that counted',
    labels: ['shard'],
  },
  palpite_refusals_total: { kind: 'counter', help: 'Refused requests by reason code', labels: ['code'] },
  palpite_http_request_seconds: {
    kind: 'histogram',
    help: 'HTTP requests from first byte to last',
    labels: ['method', 'route', 'status'],
    buckets: SECONDS,
  },
  palpite_socket_clients: { kind: 'gauge', help: 'Open WebSocket connections' },
  palpite_socket_frames_total: { kind: 'counter', help: 'Quote frames by what became of them', labels: ['outcome'] },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof METRICS;
type NameOf<K extends MetricSpec['kind']> = { [N in MetricName]: (typeof METRICS)[N]['kind'] extends K ? N : never }[MetricName];

export interface Metrics {
  count(name: NameOf<'counter'>, by?: number, labels?: Labels): void;
  observe(name: NameOf<'histogram'>, value: number, labels?: Labels): void;
  /** The gauge is read when somebody looks; NaN or an error leaves it out. A later call for the same labels replaces `read`. */
  gauge(name: NameOf<'gauge'>, read: () => number, labels?: Labels): void;
  /** Everything in the Prometheus text format. */
  export(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export const silentMetrics: Metrics = {
  count() {},
  observe() {},
  gauge() {},
  export: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: '' }),
};
