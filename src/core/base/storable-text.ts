// Text that databases and hashes keep as it is.

/** True without NUL and without halves of characters: PostgreSQL refuses both. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
