// Balances of one ledger: path and currency to an exact integer. Every change is a posting between two accounts, so the sum is always 0.
import { assert } from '../base/assert.ts';
import { type Currency, isAmount } from '../base/money.ts';

export interface Posting {
  readonly amountMinor: number;
  readonly currency: Currency;
  readonly from: string;
  readonly to: string;
}

/** Keys in alphabetical order: the literal is canonical JSON as it stands. */
export function posting(from: string, to: string, amountMinor: number, currency: Currency): Posting {
  return { amountMinor, currency, from, to };
}

const MAY_BE_NEGATIVE = /^(?:house:|venue:|promo$|rounding$|issuance$|external:|transit:|player:[^:]+:debt$)/;

/** Only these accounts may go below zero; whatever else would is a bug that stops the shard. */
export function mayBeNegative(path: string): boolean {
  return MAY_BE_NEGATIVE.test(path);
}

export interface AccountRow {
  readonly path: string;
  readonly currency: Currency;
  readonly balanceMinor: number;
}

export class Accounts {
  #index = new Map<Currency, Map<string, number>>();
  #paths: string[] = [];
  #currencies: Currency[] = [];
  #balances = new Float64Array(1024);
  #negativeAllowed = new Uint8Array(1024);

  get size(): number {
    return this.#paths.length;
  }

  /** Number of an account for `balanceAt` and `move`, or -1 while it was never used. */
  numberOf(path: string, currency: Currency): number {
    return this.#index.get(currency)?.get(path) ?? -1;
  }

  balanceAt(account: number): number {
    return this.#balances[account] as number;
  }

  balance(path: string, currency: Currency): number {
    const at = this.#index.get(currency)?.get(path);
    return at === undefined ? 0 : (this.#balances[at] as number);
  }

  /** Applies one transfer. Throws (a bug, never input) when the amount is not payable or an account would be overdrawn. */
  post(p: Posting): void {
    assert(p.from !== p.to, () => `bad posting ${JSON.stringify(p)}`);
    this.move(this.#open(p.from, p.currency), this.#open(p.to, p.currency), p.amountMinor);
  }

  /** post() for accounts whose numbers are known: saves the two look-ups that cost most when there are many wallets. */
  postAt(from: number, to: number, p: Posting): void {
    assert(this.#paths[from] === p.from && this.#paths[to] === p.to, () => `bad posting ${JSON.stringify(p)}`);
    this.move(from, to, p.amountMinor);
  }

  /** The transfer itself, between account numbers. Throws when an account would be overdrawn. */
  move(from: number, to: number, amountMinor: number): void {
    assert(isAmount(amountMinor), () => `bad posting of ${amountMinor}`);
    const left = (this.#balances[from] as number) - amountMinor;
    assert(left >= 0 || this.#negativeAllowed[from] === 1, () => `${this.#paths[from]} would be overdrawn by ${-left}`);
    const right = (this.#balances[to] as number) + amountMinor;
    const exact = Number.isSafeInteger(left) && Number.isSafeInteger(right);
    assert(exact, () => `${this.#paths[from]} -> ${this.#paths[to]}: beyond exact integers`);
    this.#balances[from] = left;
    this.#balances[to] = right;
  }

  /** Exact sum of all balances per currency: zero each, or the ledger is broken. */
  sums(): Map<Currency, bigint> {
    const sums = new Map<Currency, bigint>();
    for (let i = 0; i < this.#paths.length; i++) {
      const currency = this.#currencies[i] as Currency;
      sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(this.#balances[i] as number));
    }
    return sums;
  }

  *rows(): Generator<AccountRow> {
    for (let i = 0; i < this.#paths.length; i++) {
      yield {
        path: this.#paths[i] as string,
        currency: this.#currencies[i] as Currency,
        balanceMinor: this.#balances[i] as number,
      };
    }
  }

  /** Paths and balances in the order in which the accounts were opened. */
  dump(): { paths: string[]; currencies: Currency[]; balances: Float64Array } {
    return { paths: [...this.#paths], currencies: [...this.#currencies], balances: this.#balances.slice(0, this.#paths.length) };
  }

  static load(dump: { paths: string[]; currencies: Currency[]; balances: Float64Array }): Accounts {
    const accounts = new Accounts();
    for (let i = 0; i < dump.paths.length; i++) {
      const at = accounts.#open(dump.paths[i] as string, dump.currencies[i] as Currency);
      accounts.#balances[at] = dump.balances[i] as number;
    }
    return accounts;
  }

  #open(path: string, currency: Currency): number {
    let byPath = this.#index.get(currency);
    if (!byPath) this.#index.set(currency, (byPath = new Map()));
    const known = byPath.get(path);
    if (known !== undefined) return known;
    const at = this.#paths.length;
    if (at === this.#balances.length) this.#grow();
    byPath.set(path, at);
    this.#paths.push(path);
    this.#currencies.push(currency);
    this.#negativeAllowed[at] = mayBeNegative(path) ? 1 : 0;
    return at;
  }

  #grow(): void {
    const balances = new Float64Array(this.#balances.length * 2);
    balances.set(this.#balances);
    this.#balances = balances;
    const allowed = new Uint8Array(balances.length);
    allowed.set(this.#negativeAllowed);
    this.#negativeAllowed = allowed;
  }
}
