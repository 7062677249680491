// Suppliers' spellings live here and nowhere else. A name becomes a slug; where two sources spell one team or place differently
// the table says which slug is ours (football-data's spelling, shortest first). A name that is not listed keeps its own slug.

type Aliases = Readonly<Record<string, string>>;

/** competition -> other source's slug -> our slug. */
const TEAM_ALIASES: Readonly<Record<string, Aliases>> = {
  E0: {
    'afc-bournemouth': 'bournemouth',
    'brighton-and-hove-albion': 'brighton',
    'ipswich-town': 'ipswich',
    'leeds-united': 'leeds',
    'leicester-city': 'leicester',
    'luton-town': 'luton',
    'manchester-city': 'man-city',
    'manchester-united': 'man-united',
    'newcastle-united': 'newcastle',
    'norwich-city': 'norwich',
    'nottingham-forest': 'nottm-forest',
    'tottenham-hotspur': 'tottenham',
    'west-ham-united': 'west-ham',
    'wolverhampton-wanderers': 'wolves',
  },
  BRA: {
    'america-mineiro': 'america-mg',
    'atletico-mineiro': 'atletico-mg',
    'atletico-pr': 'athletico-pr',
    botafogo: 'botafogo-rj',
    chapecoense: 'chapecoense-sc',
    flamengo: 'flamengo-rj',
    'vasco-da-gama': 'vasco',
  },
};

/** National teams, in any competition of theirs. */
const NATION_ALIASES: Aliases = {
  bosnia: 'bosnia-and-herzegovina',
  'bosnia-herzegovina': 'bosnia-and-herzegovina',
  'cabo-verde': 'cape-verde',
  'congo-dr': 'dr-congo',
  'cote-divoire': 'ivory-coast',
  czechia: 'czech-republic',
  'ir-iran': 'iran',
  'korea-republic': 'south-korea',
  turkiye: 'turkey',
  usa: 'united-states',
};

/** Country -> competition code of football-data's extra leagues. */
const EXTRA_LEAGUES: Aliases = {
  argentina: 'ARG',
  austria: 'AUT',
  brazil: 'BRA',
  china: 'CHN',
  denmark: 'DNK',
  finland: 'FIN',
  ireland: 'IRL',
  japan: 'JPN',
  mexico: 'MEX',
  norway: 'NOR',
  poland: 'POL',
  romania: 'ROU',
  russia: 'RUS',
  sweden: 'SWE',
  switzerland: 'SWZ',
  usa: 'USA',
};

/** football-data names Pinnacle PS in match odds but P in totals and handicaps; its older files call maximum and average BbMx and BbAv. */
const BOOK_ALIASES: Aliases = { P: 'PS', BbMx: 'Max', BbAv: 'Avg' };

/** Letters that Unicode does not decompose into a base letter and a mark. */
const LETTERS: Aliases = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', ı: 'i', þ: 'th', '&': ' and ' };
const SLUG_MAX = 40;

/** Lower-case ASCII words joined by hyphens: `Nott'm Forest` is nottm-forest, `São Paulo` sao-paulo. Empty when nothing is left. */
export function slugOf(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[ßæœøđðłıþ&]/g, (letter) => LETTERS[letter] ?? '')
    .normalize('NFD')
    .replace(/[\u0300-\u036f'’.]/g, '');
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_MAX)
    .replace(/^-|-$/g, '');
}

export function clubSlug(competition: string, name: string): string {
  return aliasOf(TEAM_ALIASES[competition], slugOf(name));
}

export function nationSlug(name: string): string {
  return aliasOf(NATION_ALIASES, slugOf(name));
}

export function extraLeagueCode(country: string): string {
  const slug = slugOf(country);
  return Object.hasOwn(EXTRA_LEAGUES, slug) ? (EXTRA_LEAGUES[slug] as string) : slug.toUpperCase();
}

export function bookName(raw: string): string {
  return aliasOf(BOOK_ALIASES, raw);
}

/** `multimarket_E0_2425.csv` is E0, `wc2026_results.csv` is WC2026: the competition where no column names it. */
export function competitionOfFile(file: string): string {
  const base = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1).replace(/^multimarket_/i, '');
  return /^[A-Za-z0-9]{1,12}/.exec(base)?.[0].toUpperCase() ?? 'X';
}

function aliasOf(aliases: Aliases | undefined, name: string): string {
  return aliases !== undefined && Object.hasOwn(aliases, name) ? (aliases[name] as string) : name;
}
