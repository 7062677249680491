// Bets that need the supplier's answer: asks him, and brings his answers to the ledgers.
import { ConfirmationInput } from '#engine/confirmation/confirmation-input.ts';
import { Confirmer } from '#engine/confirmation/confirmer.ts';
import { HttpSupplier } from '#adapters/confirmation/http-supplier.ts';
import type { Running, Runtime } from '../runtime.ts';

export async function startConfirmerRole(runtime: Runtime): Promise<Running> {
  const { bus, commands, metrics } = runtime;
  const { clock, environment, log, shards } = runtime.context;
  const supplier = new HttpSupplier({
    url: () => environment.CONFIRM_URL ?? simulatorUrl(runtime),
    token: environment.CONFIRM_TOKEN,
    clock,
  });
  const input = new ConfirmationInput({ bus, commands, shards, clock });
  const confirmer = new Confirmer({ bus, supplier, clock, log, metrics });
  await input.start();
  await confirmer.start();
  return {
    async stop() {
      await confirmer.stop();
      await input.stop();
    },
  };
}

/** The simulator takes bets on the port of its stream. */
async function simulatorUrl({ context, supplierUrl }: Runtime): Promise<string> {
  const url = supplierUrl ?? (await context.leases.addressOf('supplier'));
  if (!url) throw new Error('no supplier: start the supplier role somewhere, or set CONFIRM_URL');
  return url.replace(/^ws/, 'http');
}
