// Where an id stands in a table of open addressing.

/**
 * Hash of an id's four words. All of them count: callers make ids, and those that differ in their time alone must not fall into one chain. The
 * multiplications spread each into the top bits, which say the home slot.
 */
export function hashOfWords(words: Int32Array): number {
  const early = Math.imul((words[1] as number) ^ Math.imul(words[0] as number, 0xc2b2ae35), 0x27d4eb2f);
  const late = Math.imul((words[3] as number) ^ Math.imul(words[2] as number, 0x85ebca6b), 0x9e3779b1);
  const mixed = Math.imul(early ^ late ^ (early >>> 15), 0x9e3779b1);
  return mixed ^ (mixed << 13);
}
