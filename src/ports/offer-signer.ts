// Signs what this installation offers, so that it knows its own offers when they come back.

export interface OfferSigner {
  sign(text: string): { readonly keyId: string; readonly signature: string };
  /** False for a key that is not known, too. */
  verify(text: string, by: { readonly keyId: string; readonly signature: string }): boolean;
}
