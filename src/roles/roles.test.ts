import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkApart, ROLES, rolesNamed } from './roles.ts';

describe('checkApart()', () => {
  it('lets all roles start, in whatever order they were named, and those that share no topic', () => {
    checkApart(rolesNamed([]));
    checkApart(rolesNamed(ROLES.map((role) => role.name).reverse()));
    checkApart(rolesNamed(['supplier']));
    checkApart(rolesNamed(['supplier', 'project']));
  });

  it('refuses roles that would speak into a bus nobody else hears, naming the topics and the setting', () => {
    assert.throws(() => checkApart(rolesNamed(['gateway'])), /KAFKA_BROKERS.*gateway shares odds_updates with odds/);
    assert.throws(() => checkApart(rolesNamed(['writer'])), /writer shares events with arena/);
    assert.throws(
      () => checkApart(rolesNamed(['ingest', 'odds'])),
      (error: Error) => /odds shares odds_updates with/.test(error.message) && !/odds_raw|snapshot_requests/.test(error.message),
    );
  });
});
