// Prices from the cache when it knows, else from the database, which then fills the cache.
import type { NumberedQuote } from '#core/catalog/quote.ts';
import type { HotOdds } from '#ports/hot-odds.ts';
import type { OddsSource } from './odds-hub.ts';

export function hotFirst(hot: HotOdds, stored: (eventId: string) => Promise<readonly NumberedQuote[]>): OddsSource {
  return {
    stored,
    load: async (eventId) => {
      const { place, quotes } = await hot.read(eventId);
      if (quotes) return quotes;
      const read = await stored(eventId);
      if (place !== null) void hot.fill(eventId, read, place);
      return read;
    },
  };
}
