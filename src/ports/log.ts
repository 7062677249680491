// Structured logging: an event name and fields, never secrets.

export type Fields = Record<string, string | number | boolean | null | undefined>;

export interface Log {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
