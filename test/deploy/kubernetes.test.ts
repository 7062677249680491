// The manifests: against the schemas of Kubernetes, and against what we know that a schema does not: roles, settings, selectors, doors.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { ROLES } from '#roles/roles.ts';
import { imageEnvironment, KUBERNETES, manifestFiles, type Manifest, read, readManifests, ROOT } from './deploy-files.ts';
import { checker, makeSecrets } from './outside-checkers.ts';
import {
  assertRoles,
  assertSecretFile,
  assertWholeTable,
  DEPLOYED,
  faultsAmongOthers,
  faultsOf,
  unknownSettings,
} from './settings.ts';

/** The oldest Kubernetes whose schemas our manifests must fit, and the newest that the checker knows. */
const VERSIONS = ['1.32', '1.37'];
const MOUNT = '/run/secrets/palpite';
/** What a field reference stands for where a real address is wanted. */
const POD_IP = '10.1.2.3';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Port {
  readonly name: string;
  readonly containerPort: number;
}
interface Door {
  readonly from: readonly { readonly namespaceSelector?: { readonly matchLabels: Readonly<Record<string, string>> } }[];
  readonly ports?: readonly { readonly port: number }[];
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly ports?: readonly Port[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly securityContext: unknown;
  readonly resources: Readonly<Record<'requests' | 'limits', Readonly<Record<string, string>>>>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string; readonly defaultMode: number };
}
interface Pod {
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly enableServiceLinks: boolean;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
}
interface Workload {
  readonly name: string;
  readonly kind: string;
  readonly replicas: number | undefined;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: Pod;
  readonly container: Container;
  readonly claims: readonly string[];
}

const manifests = readManifests();
const workloads = manifests.filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind)).map(workloadOf);
const processes = workloads.filter(({ kind }) => kind !== 'Job');
const secrets = join(mkdtempSync(join(tmpdir(), 'palpite-secrets-')), 'secrets');
makeSecrets(ROOT, secrets);
after(() => rmSync(join(secrets, '..'), { recursive: true }));
const validate = checker('kubernetes-validate');

function workloadOf({ kind, metadata, spec }: Manifest): Workload {
  const { replicas, selector, template, volumeClaimTemplates } = spec as {
    replicas?: number;
    selector?: { matchLabels: Record<string, string> };
    template: { metadata: { labels: Record<string, string> }; spec: Pod };
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
  assert.equal(template.spec.containers.length, 1, metadata.name);
  return {
    name: metadata.name,
    kind,
    replicas,
    selector: selector?.matchLabels,
    labels: template.metadata.labels,
    pod: template.spec,
    container: template.spec.containers[0] as Container,
    claims: (volumeClaimTemplates ?? []).map((claim) => claim.metadata.name),
  };
}

const named = (kind: string, name: string): Manifest | undefined =>
  manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);

/** What the process in a container sees. */
function given({ env = [], envFrom }: Container): Record<string, string> {
  const shared = envFrom.map(({ configMapRef }) => named('ConfigMap', configMapRef.name)?.data ?? {});
  const own = env.map(({ name, value = POD_IP }) => [name, value] as const);
  return Object.assign({}, imageEnvironment(), ...shared, Object.fromEntries(own)) as Record<string, string>;
}

for (const version of VERSIONS) {
  test(
    `the manifests fit the schemas of Kubernetes ${version}, with no field that it does not know`,
    { skip: validate.skip },
    () => {
      const output = validate.check(['--strict', '-k', version, ...manifestFiles()], { cwd: join(ROOT, KUBERNETES) });
      assert.equal(output.match(/ passed for resource /g)?.length, manifests.length);
    },
  );
}

test('the schemas find a misspelt field', { skip: validate.skip }, () => {
  const folder = join(secrets, '..');
  const broken = read(`${KUBERNETES}/odds.yaml`).replace('readOnlyRootFilesystem', 'readOnlyRootFileSystem');
  writeFileSync(join(folder, 'broken.yaml'), broken);
  assert.throws(
    () => validate.check(['--strict', '-k', VERSIONS[0] as string, join(folder, 'broken.yaml')]),
    /readOnlyRootFileSystem/,
  );
});

test('the kustomization names every file and the version of this project', () => {
  const kustomization = parse(read(`${KUBERNETES}/kustomization.yaml`)) as {
    resources: string[];
    images: { name: string; newTag: string }[];
  };
  const { version } = JSON.parse(read('package.json')) as { version: string };
  assert.deepEqual([...kustomization.resources].sort(), manifestFiles().sort());
  assert.deepEqual(
    kustomization.images.map(({ name, newTag }) => `${name}:${newTag}`),
    [`palpite:${version}`],
  );
  for (const { container, name } of workloads) assert.equal(container.image, `palpite:${version}`, name);
});

test('every role of the table has its manifest, and every argument is a role', () => {
  for (const { container, name } of processes) {
    assertRoles(container.args ?? [], name);
    assert.equal(container.args?.[0], name);
    assert.equal(container.command, undefined, `${name}: the image says what runs, arguments say which roles`);
  }
  assertWholeTable(processes.map(({ container }) => container.args ?? []));
});

test('every setting is one of the schema, none is unsound, and all processes share what they must', () => {
  for (const { container, name } of workloads) {
    const settings = given(container);
    assert.deepEqual(unknownSettings(settings), [], name);
    assert.deepEqual(faultsOf(settings, MOUNT, secrets), [], name);
    if (container.args) assert.deepEqual(faultsAmongOthers(settings), [], name);
  }
});

test('the migration Job runs a command that the command line has', () => {
  const job = workloads.find(({ kind }) => kind === 'Job') as Workload;
  assert.deepEqual(job.container.command, ['node', 'bin/palpite.js', 'migrate', 'up']);
  assert.match(read('src/cli/maintain.ts'), /command\('migrate'\)[\s\S]*'status', 'up'/);
});

test('pods run without root, without rights, on a read-only root, with limits and time to drain', () => {
  assert.equal(
    workloads.flatMap(({ container }) => container.args ?? []).filter((arg) => DEPLOYED.some(({ name }) => name === arg)).length,
    DEPLOYED.length,
  );
  for (const { claims, container, name, pod } of workloads) {
    const { runAsNonRoot, seccompProfile } = pod.securityContext;
    assert.deepEqual({ runAsNonRoot, seccompProfile }, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }, name);
    assert.deepEqual(
      container.securityContext,
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      name,
    );
    assert.equal(pod.automountServiceAccountToken, false, name);
    assert.equal(pod.enableServiceLinks, false, `${name}: links would set SUPPLIER_PORT and the like`);
    for (const bound of ['requests', 'limits'] as const)
      assert.deepEqual(Object.keys(container.resources[bound]).sort(), ['cpu', 'memory'], name);
    const pauseSeconds = container.lifecycle?.preStop.sleep.seconds ?? 0;
    assert.equal(pod.terminationGracePeriodSeconds, 30, name);
    assert.ok(pauseSeconds + 25 <= pod.terminationGracePeriodSeconds, `${name} is killed while it drains`);
    const mounted = container.volumeMounts.map((mount) => mount.name).sort();
    assert.deepEqual(mounted, [...pod.volumes.map((volume) => volume.name), ...claims].sort(), name);
    const writable = container.volumeMounts.map((mount) => mount.mountPath).filter((path) => path !== MOUNT);
    assert.deepEqual(writable.sort(), ['/data', '/tmp'], name);
  }
});

test('secrets are files of one Secret, whose keys make-secrets.sh makes', () => {
  for (const { name, pod } of workloads) {
    const [volume] = pod.volumes.filter((entry) => entry.secret);
    assert.equal(volume?.secret?.secretName, 'palpite', name);
    assert.equal(volume?.secret?.defaultMode, 0o440, name);
  }
  const files = Object.values(named('ConfigMap', 'palpite')?.data ?? {}).filter((value) => value.startsWith(`${MOUNT}/`));
  assert.equal(files.length, 3);
  for (const file of files) assertSecretFile(secrets, file.slice(MOUNT.length + 1));
  assert.equal(manifests.filter(({ kind }) => kind === 'Secret').length, 0, 'a Secret in the repository is none');
});

test('every pod is probed on its status port; whether a gateway is ready is asked where callers come in', () => {
  for (const { container, name } of processes) {
    const serves = container.args?.includes('gateway') === true;
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    assert.deepEqual(
      probes.map((probe) => probe && `${probe.httpGet.port} ${probe.httpGet.path}`),
      ['status /healthz', 'status /healthz', serves ? 'http /readyz' : 'status /readyz'],
      name,
    );
    const { DOOR_PORT, PORT = '8080', STATUS_PORT, SUPPLIER_PORT } = given(container);
    assert.equal(
      DOOR_PORT !== undefined,
      container.args?.includes('writer'),
      `${name}: a writer's door must stay where policies open it`,
    );
    const open = {
      status: STATUS_PORT,
      ...(serves ? { http: PORT } : {}),
      ...(DOOR_PORT ? { door: DOOR_PORT } : {}),
      ...(SUPPLIER_PORT ? { supplier: SUPPLIER_PORT } : {}),
    };
    const ports = Object.fromEntries((container.ports ?? []).map((port) => [port.name, String(port.containerPort)]));
    assert.deepEqual(ports, open, name);
  }
});

test('Prometheus is let in to the status port of every process, and asks there without a key', () => {
  const doors = manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap(({ spec }) => ((spec['ingress'] ?? []) as Door[]).map((door) => ({ door, pods: spec['podSelector'] })))
    .filter(({ door }) =>
      door.from.some(({ namespaceSelector }) => namespaceSelector?.matchLabels['kubernetes.io/metadata.name'] === 'monitoring'),
    );
  assert.deepEqual(
    doors.map(({ door, pods }) => ({ pods, ports: door.ports?.map(({ port }) => String(port)) })),
    [
      {
        pods: { matchLabels: { 'app.kubernetes.io/name': 'palpite' } },
        ports: [imageEnvironment()['STATUS_PORT']],
      },
    ],
  );
  const { scrape_configs } = parse(read('deploy/prometheus/prometheus-kubernetes.yml')) as {
    scrape_configs: {
      authorization?: unknown;
      kubernetes_sd_configs: { selectors: { label: string }[] }[];
      relabel_configs: { source_labels: string[]; regex?: string; action?: string }[];
    }[];
  };
  const [scrape] = scrape_configs;
  assert.equal(scrape?.authorization, undefined);
  assert.equal(scrape?.kubernetes_sd_configs[0]?.selectors[0]?.label, 'app.kubernetes.io/name=palpite');
  const kept = scrape.relabel_configs.filter(({ action }) => action === 'keep');
  assert.deepEqual(kept, [{ source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: 'status', action: 'keep' }]);
});

test('the way to the writer is its door and nothing else, and traces go out to no other port than a collector has', () => {
  const ports = (name: string, way: 'ingress' | 'egress'): (readonly string[] | undefined)[] =>
    ((named('NetworkPolicy', name)?.spec[way] ?? []) as { ports?: { port: number }[] }[]).map((rule) =>
      rule.ports?.map(({ port }) => String(port)),
    );
  const writer = processes.find(({ name }) => name === 'writer') as Workload;
  const { DOOR_PORT } = given(writer.container);
  assert.match(DOOR_PORT ?? '', /^[1-9]\d+$/);
  assert.deepEqual(ports('into-the-writer', 'ingress'), [[DOOR_PORT]]);
  assert.deepEqual(ports('out-to-the-writer', 'egress'), [[DOOR_PORT]]);
  assert.deepEqual(ports('out-to-the-collector', 'egress'), [['4318']]); // OTLP over HTTP, as OpenTelemetry registers it
});

test('selectors find their pods, and what runs more than once may lose one pod at a time', () => {
  for (const { labels, name, replicas, selector } of processes) {
    assert.ok(selector);
    for (const [label, value] of Object.entries(selector)) assert.equal(labels[label], value, `${name}: ${label}`);
    const budget = named('PodDisruptionBudget', name)?.spec;
    if (replicas === 1) assert.equal(budget, undefined, `${name}: a budget over one pod only hinders`);
    else assert.deepEqual(budget, { maxUnavailable: 1, selector: { matchLabels: selector } }, name);
  }
  for (const { metadata, spec } of manifests.filter(({ kind }) => kind === 'Service')) {
    const [target] = processes.filter(({ name }) => name === metadata.name);
    assert.deepEqual(spec['selector'], target?.selector, metadata.name);
  }
});

test('the gateway alone scales by itself, and its Deployment does not say how far', () => {
  const scalers = manifests.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  assert.deepEqual(
    scalers.map(({ spec }) => (spec['scaleTargetRef'] as { name: string }).name),
    ['gateway'],
  );
  for (const { name, replicas } of processes) assert.equal(replicas === undefined, name === 'gateway', name);
  // Writers share the shards too, but each has a volume: how many there are is for the operator to say.
  assert.deepEqual(
    ROLES.filter(({ instances }) => instances === 'many').map(({ name }) => name),
    ['writer', 'gateway'],
  );
});

test('nothing may be said unless a policy allows it, and every policy finds pods', () => {
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
  assert.deepEqual(policies.find(({ metadata }) => metadata.name === 'deny-by-default')?.spec, {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
  });
  for (const { metadata, spec } of policies) {
    const wanted = (spec['podSelector'] as { matchLabels?: Record<string, string> }).matchLabels ?? {};
    const found = workloads.filter(({ labels }) => Object.entries(wanted).every(([label, value]) => labels[label] === value));
    assert.ok(found.length > 0, metadata.name);
    for (const rule of [...((spec['ingress'] as object[]) ?? []), ...((spec['egress'] as object[]) ?? [])])
      assert.ok('from' in rule || 'to' in rule, `${metadata.name} opens a door to everybody`);
  }
});
