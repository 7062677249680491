// Live prices over /ws/odds: subscribes to what the page shows, comes back by itself after a break, and reports what it knows.
const FIRST_WAIT_MS = 500;
const WAIT_MS_MAX = 15_000;
const PING_MS = 20_000;
const SILENT_MS = 45_000;

export class LiveOdds {
  #wanted = new Set();
  /** Number of the last frame of each fixture: what came after it is asked for after a break. */
  #numbers = new Map();
  #socket = null;
  #wait = FIRST_WAIT_MS;
  #heardAt = 0;
  #onQuote;
  #onState;

  constructor({ onQuote, onState }) {
    this.#onQuote = onQuote;
    this.#onState = onState;
    this.#connect();
    setInterval(() => this.#beat(), PING_MS);
    addEventListener('online', () => this.#socket === null && this.#connect());
  }

  /** Watches exactly these fixtures. */
  watch(eventIds) {
    const wanted = new Set(eventIds);
    for (const eventId of this.#wanted) {
      if (wanted.has(eventId)) continue;
      this.#say({ type: 'unsubscribe', eventId });
      this.#numbers.delete(eventId);
    }
    for (const eventId of wanted) if (!this.#wanted.has(eventId)) this.#say({ type: 'subscribe', eventId });
    this.#wanted = wanted;
  }

  #connect() {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/odds`);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#wait = FIRST_WAIT_MS;
      this.#heardAt = Date.now();
      this.#onState('connected');
      for (const eventId of this.#wanted) this.#say({ type: 'subscribe', eventId, after: this.#numbers.get(eventId) });
    });
    socket.addEventListener('message', (message) => {
      this.#heardAt = Date.now();
      const frame = JSON.parse(message.data);
      if (!frame.payload) return;
      this.#numbers.set(frame.eventId, frame.n);
      this.#onQuote(frame.eventId, frame.payload);
    });
    socket.addEventListener('close', () => {
      this.#socket = null;
      this.#onState(navigator.onLine ? 'reconnecting' : 'offline');
      // A little chance in the pause: after a restart not everybody comes back at the same moment.
      setTimeout(() => this.#socket === null && this.#connect(), this.#wait * (0.75 + Math.random() / 2));
      this.#wait = Math.min(WAIT_MS_MAX, this.#wait * 2);
    });
  }

  #beat() {
    if (this.#socket && Date.now() - this.#heardAt > SILENT_MS) this.#socket.close();
    else this.#say({ type: 'ping' });
  }

  #say(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
