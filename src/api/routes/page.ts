// The plain page: a handful of files read once at start, compared by hash, and served from this host alone.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Api } from '../deps.ts';

const FILES = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/page/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/page/words.js': { file: 'words.js', type: 'text/javascript; charset=utf-8' },
  '/page/odds.js': { file: 'odds.js', type: 'text/javascript; charset=utf-8' },
  '/favicon.ico': { file: 'icon.svg', type: 'image/svg+xml' },
} as const;

export function addPage(app: Api): void {
  for (const [path, { file, type }] of Object.entries(FILES)) {
    const body = readFileSync(new URL(`../page/${file}`, import.meta.url));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    app.get(path, { schema: { hide: true } }, (request, reply) => {
      reply.header('cache-control', 'no-cache').header('etag', etag);
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type(type).send(body);
    });
  }
}
