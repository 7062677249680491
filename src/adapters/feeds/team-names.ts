// Suppliers' spellings live here and nowhere else. A name becomes a slug; where two sources spell one team or place differently
// the table says which slug is ours (football-data's spelling, shortest first). A name that is not listed keeps its own slug.

import { sha256Hex } from '#core/base/hash.ts';

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

/** Letters that Unicode does not decompose into a base letter and a mark, as ICU's Latin-ASCII spells them (ð and þ as football does). */
const LETTERS: Aliases = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ı: 'i',
  þ: 'th',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'n',
  ə: 'e',
  ƒ: 'f',
  '&': ' and ',
};
/** A letter or digit that ASCII does not have; what only modifies the letter before it is none. */
const FOREIGN = /(?=\P{ASCII})[\p{Lu}\p{Ll}\p{Lt}\p{Lo}\p{N}]/u;
const SLUG_MAX = 40;
/** Of the hash that stands for what a slug cannot hold: forty bits keep any number of teams apart. */
const HASH_DIGITS = 10;

/**
 * Lower-case ASCII words joined by hyphens: `Nott'm Forest` is nottm-forest, `São Paulo` sao-paulo. What has letters that ASCII cannot spell, or is
 * too long, ends in a hash of the whole name (`FC 上海` is fc-c1a4c69022), so that different names stay different. Empty when the name has no letter and no digit.
 */
export function slugOf(name: string): string {
  const spelled = latinOf(name);
  const slug = hyphened(spelled, /[^a-z0-9]+/g);
  if (!FOREIGN.test(spelled) && slug.length <= SLUG_MAX) return slug;
  const hash = sha256Hex(hyphened(spelled, /[^\p{L}\p{N}\p{M}]+/gu)).slice(0, HASH_DIGITS);
  return hyphened(`${slug.slice(0, SLUG_MAX - HASH_DIGITS - 1)}-${hash}`, /-+/g);
}

/** In lower case, with each letter that has a Latin base spelled by it, and every other left as it is. */
function latinOf(name: string): string {
  const lower = name.toLowerCase();
  const spelled = /^\p{ASCII}*$/u.test(lower) ? lower : lower.normalize('NFC').replace(/[\p{L}\p{N}]/gu, baseOf);
  return spelled.replace(/[ßæœøđðłıþħŧŋəƒ&]/g, (letter) => LETTERS[letter] ?? '').replace(/[\u0300-\u036f'‘’ʼʻ.]/g, '');
}

/** `é` is e, `ﬁ` is fi; `й`, whose base is another letter of its script and not of ours, stays. */
function baseOf(letter: string): string {
  const base = letter.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return !FOREIGN.test(base) || Object.hasOwn(LETTERS, base) ? base : letter;
}

function hyphened(text: string, between: RegExp): string {
  return text.replace(between, '-').replace(/^-|-$/g, '');
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
