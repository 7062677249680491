// The page's words in English and Brazilian Portuguese, and numbers as the reader writes them.
const EN = {
  arena: 'Arena',
  sports: 'Sports',
  arenaTitle: 'Who is really winning?',
  sportsTitle: 'What is on, and at what price?',
  bot: 'Bot',
  strategy: 'Strategy',
  bets: 'Bets',
  profit: 'Profit',
  yield: 'Yield %',
  open: 'Open',
  more: 'Show more',
  start: 'Start',
  match: 'Match',
  age: 'Price age',
  live: 'live',
  suspended: 'suspended',
  paused: 'paused',
  retired: 'retired',
  leadersEmpty: 'No bot has been born yet. The first ones appear here as soon as they are.',
  fixturesEmpty: 'No fixtures yet. They appear here as soon as a supplier sends them.',
  luckNote: '? = the yield could still be luck (95 % interval includes zero)',
  unread: 'could not be read; trying again',
  connected: 'Live',
  reconnecting: 'Reconnecting',
  offline: 'No connection',
  ready: 'all systems ready',
  notReady: 'not ready',
  value_bet_model_v1: 'value by model',
  odds_range: 'odds range',
  dropping_odds: 'dropping odds',
  draw_hunter: 'draw hunter',
  goal_machine: 'goal machine',
  favourite: 'favourites',
  underdog: 'underdogs',
  over_25: 'over 2.5 goals',
  flat: 'flat stake',
  kelly_criterion: 'Kelly',
  martingale: 'martingale',
  fibonacci: 'Fibonacci',
};
const PT = {
  arena: 'Arena',
  sports: 'Esportes',
  arenaTitle: 'Quem está ganhando de verdade?',
  sportsTitle: 'O que está rolando, e a que cotação?',
  bot: 'Robô',
  strategy: 'Estratégia',
  bets: 'Palpites',
  profit: 'Lucro',
  yield: 'Retorno %',
  open: 'Abertos',
  more: 'Mostrar mais',
  start: 'Início',
  match: 'Jogo',
  age: 'Idade da cotação',
  live: 'ao vivo',
  suspended: 'suspenso',
  paused: 'pausado',
  retired: 'aposentado',
  leadersEmpty: 'Nenhum robô nasceu ainda. Os primeiros aparecem aqui assim que nascerem.',
  fixturesEmpty: 'Nenhum jogo ainda. Eles aparecem aqui assim que um fornecedor enviar.',
  luckNote: '? = o retorno ainda pode ser sorte (o intervalo de 95 % inclui zero)',
  unread: 'não foi possível ler; tentando de novo',
  connected: 'Ao vivo',
  reconnecting: 'Reconectando',
  offline: 'Sem conexão',
  ready: 'tudo funcionando',
  notReady: 'não está pronto',
  value_bet_model_v1: 'valor pelo modelo',
  odds_range: 'faixa de cotação',
  dropping_odds: 'cotações em queda',
  draw_hunter: 'caçador de empates',
  goal_machine: 'máquina de gols',
  favourite: 'favoritos',
  underdog: 'azarões',
  over_25: 'mais de 2,5 gols',
  flat: 'valor fixo',
  kelly_criterion: 'Kelly',
  martingale: 'martingale',
  fibonacci: 'Fibonacci',
};

const portuguese = navigator.language.toLowerCase().startsWith('pt');
const WORDS = portuguese ? PT : EN;
export const locale = portuguese ? 'pt-BR' : navigator.language;

/** The word for a key; what has no word is shown readable. */
export function word(key) {
  return WORDS[key] ?? String(key).replaceAll('_', ' ');
}

export function translatePage() {
  document.documentElement.lang = portuguese ? 'pt-BR' : 'en';
  for (const element of document.querySelectorAll('[data-word]')) element.textContent = word(element.dataset.word);
}

const DECIMALS = { PLAY: 2, BRL: 2, EUR: 2, USD: 2, USDT: 6, BTC: 8 };

/** Signed money in its own decimals: the sign says what the colour says. */
export function signedMoney({ amountMinor, currency }) {
  const digits = DECIMALS[currency] ?? 2;
  return figures(amountMinor / 10 ** digits, digits, 'exceptZero');
}

export function figures(value, digits = 0, signDisplay = 'auto') {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay }).format(
    value,
  );
}

export function startText(iso) {
  return new Intl.DateTimeFormat(locale, { day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit' }).format(
    new Date(iso),
  );
}

export function ageText(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return '';
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}
