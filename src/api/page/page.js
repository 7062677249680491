// The plain page: leaderboard, live prices, status strip. Everything is set as text, never as markup.
import { LiveOdds } from './odds.js';
import { ageText, figures, signedMoney, startText, translatePage, word } from './words.js';

const LEADERS_MS = 3_000;
const FIXTURES_MS = 30_000;
const READY_MS = 10_000;
const FIXTURES_SHOWN = 40;
/** On a phone the prices must not hide below a long table. */
const LEADERS_SHOWN = matchMedia('(max-width: 600px)').matches ? 12 : 50;
/** A match is looked back for, ms: it may still be in play. */
const BACK_MS = 3 * 3_600_000;
const STALE_MS = 120_000;
const TINT_MS = 50;
const SELECTIONS = ['home', 'draw', 'away'];

const byId = (id) => document.getElementById(id);
const state = { socket: 'reconnecting', ready: null, leaders: LEADERS_SHOWN, fault: false };
const rows = new Map();

translatePage();
const live = new LiveOdds({
  onQuote: showQuote,
  onState: (socket) => {
    state.socket = socket;
    showState();
  },
});
byId('more').addEventListener('click', () => {
  state.leaders = 200;
  void showLeaders();
});
repeat(showLeaders, LEADERS_MS);
repeat(showFixtures, FIXTURES_MS);
repeat(showReady, READY_MS);
setInterval(showAges, 1_000);
void showVersion();

/** Runs now and again after each end; rests while nobody looks. */
async function repeat(work, ms) {
  for (;;) {
    if (!document.hidden) {
      await work().then(
        () => (state.fault = false),
        () => (state.fault = true),
      );
      showState();
    }
    await new Promise((done) => setTimeout(done, ms));
  }
}

async function ask(path) {
  const answer = await fetch(path, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(8_000) });
  if (!answer.ok && answer.status !== 503) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function showLeaders() {
  const { items = [], nextCursor } = await ask(`/v1/arena/leaderboard?limit=${state.leaders}`);
  byId('leaders-empty').hidden = items.length > 0;
  byId('leaders').hidden = items.length === 0;
  byId('more').hidden = !nextCursor || state.leaders >= 200;
  byId('currency').textContent = items[0]?.profit.currency ?? '';
  byId('arena-note').textContent = items.length > 0 ? word('luckNote') : '';
  byId('leaders').tBodies[0].replaceChildren(...items.map(leaderRow));
}

function leaderRow(leader) {
  const interval = leader.flatYieldCi95Ppm;
  const luck = !interval || (interval[0] <= 0 && interval[1] >= 0);
  const quiet = leader.status === 'active' ? '' : word(leader.status);
  const strategy = cell(word(leader.betting), 'left');
  strategy.append(part('sub', [word(leader.math), quiet].filter(Boolean).join(' · ')));
  const percent = leader.flatYieldPpm === null ? '–' : figures(leader.flatYieldPpm / 10_000, 1, 'exceptZero');
  const yields = cell(percent, tone(leader.flatYieldPpm));
  if (interval) yields.append(part('sub interval', interval.map((ppm) => figures(ppm / 10_000, 1)).join(' … ')));
  const row = document.createElement('tr');
  row.className = quiet ? 'quiet' : '';
  strategy.append(part('sub code', leader.botId.slice(-6)));
  const name = cell(leader.botId.slice(-6), 'left bot');
  name.title = leader.botId;
  row.append(cell(leader.rank, luck ? 'rank luck' : 'rank'), name, strategy, cell(figures(leader.bets)));
  row.append(cell(signedMoney(leader.profit), tone(leader.profit.amountMinor)), yields, cell(figures(leader.openBets)));
  return row;
}

async function showFixtures() {
  const from = new Date(Date.now() - BACK_MS).toISOString();
  const { items = [] } = await ask(`/v1/events?limit=${FIXTURES_SHOWN}&startFrom=${encodeURIComponent(from)}`);
  byId('fixtures-empty').hidden = items.length > 0;
  byId('fixtures').hidden = items.length === 0;
  const shown = new Set(items.map((fixture) => fixture.eventId));
  for (const eventId of rows.keys()) if (!shown.has(eventId)) rows.delete(eventId);
  const ordered = items.map((fixture) => {
    const known = rows.get(fixture.eventId) ?? fixtureRow(fixture);
    rows.set(fixture.eventId, known);
    return known.row;
  });
  byId('fixtures').tBodies[0].replaceChildren(...ordered);
  live.watch(shown);
}

function fixtureRow(fixture) {
  const row = document.createElement('tr');
  const match = cell(`${fixture.home} – ${fixture.away}`, 'left match');
  const sub = part('sub', fixture.competition);
  match.append(sub);
  const prices = SELECTIONS.map(() => cell('–', 'price'));
  const age = cell('');
  row.append(cell(startText(fixture.startAt), 'left'), match, ...prices, age);
  return { row, prices, age, sub, fixture, quote: null };
}

function showQuote(eventId, quote) {
  const shown = rows.get(eventId);
  if (!shown || quote.marketId !== `${eventId}/1x2`) return;
  // One book a fixture, as long as it stands by its prices: two taking turns would look like a price that moves.
  if (shown.quote && shown.quote.source !== quote.source && !isOff(shown)) return;
  for (const [at, selectionId] of SELECTIONS.entries()) {
    const price = quote.prices.find((one) => one.selectionId === selectionId);
    const before = shown.quote?.prices.find((one) => one.selectionId === selectionId);
    const place = shown.prices[at];
    place.textContent = price ? figures(price.oddsMilli / 1000, 2) : '–';
    if (price && before && price.oddsMilli !== before.oddsMilli)
      tint(place, price.oddsMilli > before.oddsMilli ? 'rose' : 'fell');
  }
  shown.quote = quote;
  const words = [shown.fixture.competition];
  if (quote.inPlay) words.push(quote.score ? `${word('live')} ${quote.score.home}–${quote.score.away}` : word('live'));
  if (quote.status !== 'open') words.push(word(quote.status));
  shown.sub.textContent = words.join(' · ');
  shown.sub.classList.toggle('live', quote.inPlay && quote.status === 'open');
  showAge(shown);
}

function tint(place, how) {
  place.classList.remove('rose', 'fell');
  place.classList.add(how);
  place.title = how === 'rose' ? '▲' : '▼';
  setTimeout(() => place.classList.remove(how), TINT_MS);
}

function showAges() {
  for (const shown of rows.values()) showAge(shown);
}

/** How long ago the source last stood by this price. */
function showAge(shown) {
  if (!shown.quote) return;
  const age = Math.max(0, Date.now() - shown.quote.confirmedAt);
  shown.age.textContent = ageText(age);
  shown.row.classList.toggle('off', isOff(shown));
}

function isOff({ quote }) {
  return quote.status !== 'open' || Date.now() - quote.confirmedAt > STALE_MS;
}

async function showReady() {
  state.ready = await ask('/readyz').catch(() => null);
  showState();
}

async function showVersion() {
  const { version } = await ask('/version').catch(() => ({ version: '' }));
  byId('build').textContent = version && `Palpite ${version}`;
}

function showState() {
  const ready = state.ready?.status === 'ready';
  const bad = (state.ready?.checks ?? []).filter((check) => !check.ok).map((check) => check.name.replaceAll('_', ' '));
  byId('state').textContent = word(state.socket);
  byId('dot').className = `dot ${state.socket !== 'connected' ? 'wait' : ready ? 'ok' : 'bad'}`;
  const detail = ready ? word('ready') : state.ready ? `${word('notReady')}: ${bad.join(', ')}` : '';
  byId('detail').textContent = state.fault ? word('unread') : detail;
}

function cell(text, className = '') {
  const element = document.createElement('td');
  element.className = className;
  element.textContent = String(text);
  return element;
}

function part(className, text) {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  return element;
}

function tone(value) {
  return value === null || value === 0 ? '' : value > 0 ? 'up' : 'down';
}
