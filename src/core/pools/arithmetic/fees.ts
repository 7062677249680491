// What house and creator take from a pool before anybody is paid: both from the gross, each rounded up once, together never more than there is.
import { mulDiv } from '../../base/money.ts';
import { PPM, type PoolRules } from '../state/pool-rules.ts';

export interface PoolFees {
  readonly takeoutMinor: number;
  readonly creatorFeeMinor: number;
}

/** A player owes a fee, so it is rounded up; the creator's only as far as money is left. */
export function feesOf(grossMinor: number, rules: Pick<PoolRules, 'takeoutPpm' | 'creatorFeePpm'>): PoolFees {
  const takeoutMinor = mulDiv(grossMinor, rules.takeoutPpm, PPM, 'ceil');
  const creatorFeeMinor = Math.min(mulDiv(grossMinor, rules.creatorFeePpm, PPM, 'ceil'), grossMinor - takeoutMinor);
  return { takeoutMinor, creatorFeeMinor };
}
