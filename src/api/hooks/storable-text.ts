// Text that no database keeps as it is, NUL and halves of characters, is refused in paths and queries before any route sees it.
import type { FastifyInstance } from 'fastify';
import { isStorable } from '#core/base/storable-text.ts';
import { refused } from '../problem.ts';

export const NOT_STORABLE = 'must be well-formed text without NUL';

type App = Pick<FastifyInstance, 'addHook'>;

export function addStorableText(app: App): void {
  app.addHook('preValidation', (request, _reply, done) => {
    const fault = faultIn('params', request.params) ?? faultIn('query', request.query);
    done(fault === null ? undefined : refused('malformed', { path: fault }, NOT_STORABLE));
  });
}

/** JSON pointer of the first text that cannot be kept; a query's member may be a list. */
function faultIn(part: string, values: unknown): string | null {
  for (const [name, value] of Object.entries(values ?? {})) {
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    if (texts.some((text) => typeof text === 'string' && !isStorable(text))) return `/${part}/${name.slice(0, 64)}`;
  }
  return null;
}
