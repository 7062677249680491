// What a browser is told about every answer: no sniffing, no framing, no referrer, and scripts from this server only.
import type { Api } from './deps.ts';

const COMMON = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
} as const;

const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PAGE = `${NOTHING}; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'`;
/** Swagger UI writes style attributes and data images. */
const DOCS = `${NOTHING}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'`;

export function addSecurityHeaders(app: Api): void {
  app.addHook('onRequest', (request, reply, done) => {
    const path = request.url.split('?', 1)[0] as string;
    reply.headers(COMMON);
    reply.header('content-security-policy', policyOf(path));
    // Owned answers stay out of every cache; the page and its assets say otherwise themselves.
    reply.header('cache-control', 'no-store');
    if (request.protocol === 'https') reply.header('strict-transport-security', 'max-age=31536000');
    done();
  });
}

function policyOf(path: string): string {
  if (path === '/docs' || path.startsWith('/docs/')) return DOCS;
  return path === '/' || path.startsWith('/page/') ? PAGE : NOTHING;
}
