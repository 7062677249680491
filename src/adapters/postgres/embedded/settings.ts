// The settings of the embedded server. Safety ones go on the command line, where no file can weaken them; tuning ones go into a file that
// is written at each start and that ALTER SYSTEM overrides.
import { chownSync, statfsSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { DataPlace } from './data-place.ts';

export const SETTINGS_FILE = 'palpite.conf';

export type Settings = Readonly<Record<string, string>>;

const MEBIBYTE = 1024 * 1024;
const BUFFER_MIB_MAX = 1024;
const BUFFER_MIB_MIN = 128;
const BUFFER_MEMORY_SHARE = 1 / 16;
const WAL_MIB_MAX = 8192;
const WAL_MIB_MIN = 256;
/** Part of the free disk that the write-ahead log may grow to between checkpoints. */
const WAL_DISK_SHARE = 0.25;

/** With an archiver that throws everything away, `backup create` can switch archiving on without a restart and no disk fills before. */
export const ARCHIVE_NOTHING = 'true';

/** What must hold whatever the files say: durable commits, no entrance but this machine's loopback with a password. */
export function safetyArguments(port: number): string[] {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'on',
    full_page_writes: 'on',
    password_encryption: 'scram-sha-256',
    logging_collector: 'off', // its output goes to the file that Palpite opened
    log_destination: 'stderr',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Writes the tuning file: sensible from 2 cores and 1 GB on, plus what the caller asks for. */
export function writeSettings(data: DataPlace, extra: Settings): void {
  const settings: Record<string, string> = {
    max_connections: '60',
    shared_buffers: `${bufferMib()}MB`,
    synchronous_commit: 'on',
    wal_init_zero: 'off', // 16 MB of zeros for a new file of the log stopped all commits for 50 ms, every 3 s at 2,000 bets/s
    max_wal_size: `${walSizeMib(dirname(data.real))}MB`,
    checkpoint_timeout: '15min',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] %q%d ',
    log_startup_progress_interval: '2s',
    archive_mode: process.platform === 'win32' ? 'off' : 'on',
    archive_command: ARCHIVE_NOTHING,
    ...extra,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  const path = join(data.real, SETTINGS_FILE);
  writeFileSync(path, `# Written at each start; use ALTER SYSTEM to change a setting for good.\n${lines.join('')}`, {
    mode: 0o600,
  });
  if (data.account.ids) chownSync(path, data.account.ids.uid, data.account.ids.gid);
}

/** Indexes of the read models are written all over: what fits here is not read again from the system for every batch. */
function bufferMib(): number {
  return Math.round(Math.min(BUFFER_MIB_MAX, Math.max(BUFFER_MIB_MIN, (memoryBytes() / MEBIBYTE) * BUFFER_MEMORY_SHARE)));
}

/** Of this machine, or of the container when that has a limit. */
function memoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/** Few checkpoints need much log; a small disk must not be filled by it. */
function walSizeMib(dir: string): number {
  const disk = statfsSync(dir);
  const freeMib = (disk.bavail * disk.bsize) / MEBIBYTE;
  return Math.round(Math.min(WAL_MIB_MAX, Math.max(WAL_MIB_MIN, freeMib * WAL_DISK_SHARE)));
}
