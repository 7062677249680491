// compose.yaml and the Dockerfile: names of settings and roles, secrets, limits and pins; and what Compose itself and hadolint say.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { imageEnvironment, interpolated, read, readCompose, readDockerfile, ROOT, type Service } from './deploy-files.ts';
import { checker, makeSecrets } from './outside-checkers.ts';
import { ROLES } from '#roles/roles.ts';
import { assertRoles, assertSecretFile, assertWholeTable, faultsAmongOthers, faultsOf, unknownSettings } from './settings.ts';

const compose = readCompose();
const services = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.image.startsWith('palpite:'));
const roles = ours.filter(([, { entrypoint, profiles }]) => profiles?.includes('full') && !entrypoint);
const secrets = join(mkdtempSync(join(tmpdir(), 'palpite-secrets-')), 'secrets');
makeSecrets(ROOT, secrets);
after(() => rmSync(join(secrets, '..'), { recursive: true }));

const composeChecker = checker('docker-compose', ['version']);
const hadolint = checker('hadolint');

/** What the process in a container sees. */
function given(service: Service): Record<string, string> {
  const own = Object.entries(service.environment ?? {}).map(([name, value]) => [name, interpolated(String(value))]);
  return { ...imageEnvironment(), ...Object.fromEntries(own) };
}

test('every setting in compose.yaml and the Dockerfile is one of the schema, and none is unsound', () => {
  assert.ok(ours.length > 8);
  for (const [name, service] of ours) {
    assert.deepEqual(unknownSettings(given(service)), [], name);
    assert.deepEqual(faultsOf(given(service), '/run/secrets', secrets), [], name);
  }
});

test('a setting that nobody reads, a missing file and a loopback address are found', () => {
  assert.deepEqual(unknownSettings({ DATABSE_URL: 'x' }), ['DATABSE_URL']);
  assert.match(faultsOf({ REDIS_URL_FILE: '/run/secrets/gone' }, '/run/secrets', secrets).join(), /cannot be read/);
  assert.match(
    faultsOf({ REDIS_URL_FILE: '/run/secrets/redis_url', REDIS_URL: 'redis://x' }, '/run/secrets', secrets).join(),
    /not both/,
  );
  assert.equal(faultsAmongOthers({ DATABASE_URL: 'x', KAFKA_BROKERS: 'x', REDIS_URL: 'x', INTERNAL_TOKEN: 'x' }).length, 1);
});

test('the profile `full` runs every role of the table, each with all that processes share', () => {
  for (const [name, service] of roles) {
    assertRoles(service.command ?? [], name);
    assert.ok(service.command && service.command.length > 0, `${name} would run all roles`);
    assert.deepEqual(faultsAmongOthers(given(service)), [], name);
    // Others reach the process by the name of its service. Nobody looks for a gateway; a writer's door must be its own, so another one is another service.
    const many = ROLES.some((role) => role.name === name && role.instances === 'many' && name !== 'writer');
    assert.equal(service.environment?.['INTERNAL_HOST'], many ? '0.0.0.0' : name);
  }
  assertWholeTable(roles.map(([, { command }]) => command ?? []));
});

test('every container of a role is asked whether it is ready: on its status port, or where players come in', () => {
  for (const [name, { command, healthcheck }] of [...roles, ['palpite', compose.services['palpite'] as Service] as const]) {
    const test = healthcheck?.test?.join(' ') ?? '';
    if (command === undefined || command.includes('gateway')) assert.match(test, /:8080\/readyz/, name);
    else assert.ok(test.includes('`http://$${process.env.INTERNAL_HOST}:$${process.env.STATUS_PORT}/readyz`'), name);
  }
});

test('the status port is open in every container of ours and published by none', () => {
  for (const [name, service] of ours) {
    const { PORT = '8080', STATUS_PORT } = given(service);
    assert.match(STATUS_PORT ?? '', /^\d+$/, name);
    for (const port of service.ports ?? []) assert.ok(port.endsWith(`:${PORT}`), `${name} publishes ${port}`);
  }
});

test('processes of the full shape send their traces to the collector that is in it', () => {
  for (const [name, service] of roles) {
    const { hostname, port, protocol } = new URL(given(service)['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '');
    assert.ok(
      compose.services[hostname]?.networks?.some((network) => service.networks?.includes(network)),
      name,
    );
    assert.deepEqual([protocol, port], ['http:', '4318'], name);
  }
});

test('who waits for a healthy service waits for one that can say so', () => {
  const waits = services.flatMap(([name, service]) =>
    Object.entries(service.depends_on ?? {}).map(([on, { condition }]) => ({ name, on, condition })),
  );
  assert.ok(waits.length > 10);
  for (const { condition, name, on } of waits) {
    const target = compose.services[on];
    assert.ok(target, `${name} waits for ${on}, which does not exist`);
    if (condition === 'service_healthy') assert.ok(target.healthcheck?.test, `${on} never becomes healthy`);
    else assert.equal(condition, 'service_completed_successfully', `${name} -> ${on}`);
  }
});

test('no password stands in compose.yaml: secrets come as files that make-secrets.sh makes', () => {
  for (const [name, service] of services) {
    for (const [key, value] of Object.entries(service.environment ?? {})) {
      assert.ok(!/PASSW|SECRET|TOKEN|_KEY$/.test(key) || key.endsWith('_FILE'), `${name}: ${key}`);
      assert.doesNotMatch(String(value), /:\/\/[^/]*:[^/]*@/, `${name}: ${key}`);
      const file = /^\/run\/secrets\/(.+)$/.exec(String(value))?.[1];
      if (file !== undefined) assert.ok(service.secrets?.includes(file), `${name} reads ${file} but is not given it`);
    }
    for (const secret of service.secrets ?? []) {
      assert.equal(compose.secrets[secret]?.file, `./deploy/secrets/${secret}`, name);
      assertSecretFile(secrets, secret);
    }
  }
  assert.deepEqual(readdirSync(secrets).sort(), Object.keys(compose.secrets).sort());
  for (const ignored of ['.gitignore', '.dockerignore'])
    assert.match(read(ignored), /^(?:secrets\/|\*)$/m, `${ignored} lets secrets through`);
});

test('make-secrets.sh keeps what exists, and nobody else may enter its folder', () => {
  const all = (): string[] => readdirSync(secrets).map((name) => readFileSync(join(secrets, name), 'utf8'));
  const before = all();
  makeSecrets(ROOT, secrets);
  assert.deepEqual(all(), before);
  assert.equal(statSync(secrets).mode & 0o777, 0o700);
  assert.match(
    readFileSync(join(secrets, 'database_url'), 'utf8'),
    /^postgres:\/\/palpite:[0-9a-f]{64}@postgres:5432\/palpite\n$/,
  );
});

test('containers are closed, limited, pinned, and publish on loopback only', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  for (const [name, service] of services) {
    assert.match(service.image, /:v?\d+\.\d+(?:\.\d+)?$/, `${name}: ${service.image} is no exact release`);
    const limits = service.deploy?.resources?.limits;
    assert.ok(limits?.cpus && limits.memory, `${name} has no limits`);
    assert.ok(service.security_opt?.includes('no-new-privileges:true'), name);
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name);
    assert.ok(Number.parseInt(service.stop_grace_period ?? '0', 10) >= 30, `${name} is killed before it has drained`);
  }
  for (const [name, service] of ours) {
    assert.equal(service.image, `palpite:${version}`, name);
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ['ALL'], name);
  }
});

test('one container keeps its data in a volume and starts without a profile of others', () => {
  const { command, profiles, volumes } = compose.services['palpite'] as Service;
  assert.equal(command, undefined);
  assert.deepEqual(profiles, ['one']);
  assert.deepEqual(volumes, [`data:${imageEnvironment()['PALPITE_DATA']}`]);
});

test('Compose itself accepts compose.yaml', { skip: composeChecker.skip }, () => {
  // Beside the schema of the file it looks at networks, volumes, secrets and what depends on what.
  const env = { COMPOSE_PROFILES: '*' };
  const output = composeChecker.check(['--project-directory', ROOT, '-f', join(ROOT, 'compose.yaml'), 'config', '--services'], {
    env,
  });
  for (const [name] of services) assert.ok(output.split('\n').includes(name), `${name} is not in the profiles`);
});

test('hadolint finds nothing in the Dockerfile', { skip: hadolint.skip }, () => {
  hadolint.check([join(ROOT, 'Dockerfile')]);
});

test('the image is the pinned Node, runs without root, and starts what npm start starts', () => {
  const dockerfile = readDockerfile();
  const texts = (name: string): string[] => dockerfile.filter((i) => i.name === name).map((i) => i.text);
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  assert.deepEqual(texts('ARG'), [`NODE_IMAGE=node:${read('.nvmrc').trim()}-bookworm-slim`]);
  assert.ok(texts('FROM').every((text) => text.startsWith('${NODE_IMAGE}')));
  assert.deepEqual(texts('USER'), ['1000:1000']);
  assert.deepEqual(texts('STOPSIGNAL'), ['SIGTERM']);
  assert.deepEqual(texts('VOLUME'), [imageEnvironment()['PALPITE_DATA']]);
  assert.equal((JSON.parse(texts('ENTRYPOINT')[0] ?? '[]') as string[]).join(' '), scripts['start']);
  assert.match(texts('HEALTHCHECK')[0] ?? '', /process\.env\.STATUS_PORT\}\/healthz/);
  assert.match(texts('RUN').join('\n'), /npm ci --omit=dev/);
});

test('what the Dockerfile copies exists, and .dockerignore lets it through', () => {
  const admitted = new Set([...read('.dockerignore').matchAll(/^!(\S+)$/gm)].map((m) => m[1] as string));
  const copied = readDockerfile()
    .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from'))
    .flatMap(({ text }) => text.split(' ').slice(0, -1));
  assert.ok(copied.length > 4);
  for (const path of copied) {
    assert.ok(statSync(join(ROOT, path)), path);
    assert.ok(admitted.has(path), `.dockerignore keeps ${path} out`);
  }
  assert.deepEqual(
    [...admitted].filter((path) => !copied.includes(path)),
    [],
  );
});
