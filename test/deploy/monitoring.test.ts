// Alerts and the dashboard: promtool judges the rules and plays them; every series they name must be one that /metrics has and the code feeds.
import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { PrometheusMetrics } from '#adapters/system/metrics.ts';
import { METRICS } from '#ports/metrics.ts';
import { ROLES } from '#roles/roles.ts';
import { imageEnvironment, read, readCompose, ROOT } from './deploy-files.ts';
import { checker } from './outside-checkers.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly gridPos: { readonly x: number; readonly w: number };
}
interface Played {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

const FOLDER = 'deploy/prometheus';
const { groups } = parse(read(`${FOLDER}/alerts.yml`)) as { groups: { name: string; rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('deploy/grafana/dashboards/palpite.json')) as {
  uid: string;
  panels: Panel[];
  annotations: { list: { expr: string }[] };
};
const shown = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
];
const promtool = checker('promtool');
const scratch = mkdtempSync(join(tmpdir(), 'palpite-monitoring-'));
after(() => rmSync(scratch, { recursive: true }));

/** Labels that Prometheus adds: its configuration says so. */
const ADDED = new Set(['job', 'instance', 'role', 'le']);
const HISTOGRAM_ENDS = ['_bucket', '_sum', '_count'];

/** Series that /metrics has, each with its labels. */
async function exposed(): Promise<Map<string, ReadonlySet<string>>> {
  const { text } = await new PrometheusMetrics().export();
  const table = METRICS as Readonly<Record<string, { readonly kind: string; readonly labels?: readonly string[] }>>;
  const series = new Map<string, ReadonlySet<string>>();
  for (const [, name = '', kind] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
    const labels = new Set(table[name]?.labels ?? []);
    for (const end of kind === 'histogram' ? HISTOGRAM_ENDS : ['']) series.set(name + end, labels);
  }
  return series;
}

/** The series of an expression: names, and the labels they are selected by. */
function selections(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/\b((?:palpite|process|nodejs)_\w+|up)\b(?:\{([^}]*)\})?/g)].map(([, name = '', inside = '']) => ({
    name,
    labels: [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map((m) => m[1] as string),
  }));
}

async function faultsOf(expr: string): Promise<string[]> {
  const series = await exposed();
  return selections(expr).flatMap(({ labels, name }) => {
    const known = name === 'up' ? new Set<string>() : series.get(name);
    if (!known) return [`${name} is not exposed`];
    return labels.filter((label) => !known.has(label) && !ADDED.has(label)).map((label) => `${name} has no label ${label}`);
  });
}

test('promtool accepts the alert rules and the configurations', { skip: promtool.skip }, () => {
  promtool.check(['check', 'rules', join(ROOT, FOLDER, 'alerts.yml')]);
  promtool.check(['check', 'config', '--syntax-only', join(ROOT, FOLDER, 'prometheus.yml')]);
  // Debian's promtool is built without the discovery of Kubernetes: everything else of that file is judged.
  const config = parse(read(`${FOLDER}/prometheus-kubernetes.yml`)) as { scrape_configs: Record<string, unknown>[] };
  for (const scrape of config.scrape_configs) delete scrape['kubernetes_sd_configs'];
  writeFileSync(join(scratch, 'kubernetes.yml'), stringify(config));
  promtool.check(['check', 'config', '--syntax-only', join(scratch, 'kubernetes.yml')]);
});

test('promtool plays the alerts: each fires when it must', { skip: promtool.skip }, () => {
  promtool.check(['test', 'rules', 'alerts-test.yml'], { cwd: join(ROOT, FOLDER) });
});

test('promtool understands every expression of the dashboard', { skip: promtool.skip }, () => {
  const played = shown.map((expr, i) => ({ record: `panel:${i}`, expr: expr.replaceAll('$__rate_interval', '1m') }));
  writeFileSync(join(scratch, 'panels.yml'), stringify({ groups: [{ name: 'panels', rules: played }] }));
  promtool.check(['check', 'rules', join(scratch, 'panels.yml')]);
});

test('every alert is played, as it fires and as it keeps quiet', () => {
  const { tests } = parse(read(`${FOLDER}/alerts-test.yml`), { merge: true }) as { tests: Played[] };
  const plays = tests.flatMap((played) => played.alert_rule_test);
  assert.ok(rules.length > 6);
  for (const { alert } of rules) {
    const own = plays.filter(({ alertname }) => alertname === alert);
    assert.ok(
      own.some(({ exp_alerts }) => exp_alerts.length > 0),
      `${alert} never fires`,
    );
    assert.ok(
      own.some(({ exp_alerts }) => exp_alerts.length === 0),
      `${alert} never keeps quiet`,
    );
  }
});

test('every alert says what is wrong and leads to its paragraph in docs/operating.md', () => {
  const headings = new Set([...read('docs/operating.md').matchAll(/^#+ (.+)$/gm)].map((m) => anchorOf(m[1] as string)));
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert, annotations, labels } of rules) {
    assert.deepEqual(Object.keys(annotations).sort(), ['description', 'runbook_url', 'summary'], alert);
    assert.ok(annotations.summary.length > 10 && annotations.description.length > 30, alert);
    assert.match(labels.severity, /^(?:critical|warning)$/, alert);
    assert.equal(annotations.runbook_url, `docs/operating.md#${alert.toLowerCase()}`);
    assert.ok(headings.has(alert.toLowerCase()), `docs/operating.md has no heading ${alert}`);
  }
});

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

test('alerts and panels name only series and labels that /metrics has', async () => {
  const all = [...rules.map(({ expr }) => expr), ...shown];
  assert.ok(all.flatMap(selections).length > 40);
  for (const expr of all) {
    assert.ok(selections(expr).length > 0, `no series found in: ${expr}`);
    assert.deepEqual(await faultsOf(expr), [], expr);
  }
  assert.deepEqual(await faultsOf('rate(palpite_commits_total[5m])'), ['palpite_commits_total is not exposed']);
  assert.deepEqual(await faultsOf('palpite_queue_depth{lane="bots"}'), ['palpite_queue_depth has no label lane']);
});

test('every series of ours that is shown is fed by the code', () => {
  const sources = globSync('src/**/*.ts', { cwd: ROOT, exclude: (path) => path.endsWith('.test.ts') })
    .filter((path) => path !== 'src/ports/metrics.ts')
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n');
  const named = [...rules.map(({ expr }) => expr), ...shown].flatMap(selections).map(({ name }) => name);
  const own = Object.keys(METRICS).filter((name) =>
    named.some((used) => used === name || HISTOGRAM_ENDS.includes(used.slice(name.length))),
  );
  assert.ok(own.length > 8);
  for (const name of own) assert.match(sources, new RegExp(`'${name}'`), `nothing feeds ${name}`);
});

test('the dashboard is whole: one uid, panels that say what they show, and a data source that is provisioned', () => {
  const { datasources } = parse(read('deploy/grafana/provisioning/datasources/prometheus.yml')) as {
    datasources: { uid: string; url: string }[];
  };
  const services = readCompose().services;
  for (const { url } of datasources) assert.ok(Object.hasOwn(services, new URL(url).hostname), url);
  const ids = dashboard.panels.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { datasource, description, gridPos, title, type } of dashboard.panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    if (type === 'row') continue;
    assert.ok(description, `${title} does not say what it shows`);
    assert.equal(datasource?.uid, datasources[0]?.uid, title);
  }
  const { providers } = parse(read('deploy/grafana/provisioning/dashboards/palpite.yml')) as {
    providers: { options: { path: string } }[];
  };
  const mounts = services['grafana']?.volumes ?? [];
  assert.ok(mounts.includes(`./deploy/grafana/dashboards:${providers[0]?.options.path}:ro`));
});

test('Prometheus asks the status port of every service with a role, without a key', () => {
  const { scrape_configs } = parse(read(`${FOLDER}/prometheus.yml`)) as {
    scrape_configs: {
      job_name: string;
      authorization?: unknown;
      static_configs: { targets: string[]; labels: { role: string } }[];
      dns_sd_configs: { names: string[]; port: number }[];
    }[];
  };
  const [scrape] = scrape_configs;
  const { services } = readCompose();
  const serving = Object.keys(services).filter((name) => ROLES.some((role) => role.name === name));
  const asked = [
    ...(scrape?.static_configs.flatMap(({ targets }) => targets) ?? []),
    ...(scrape?.dns_sd_configs.flatMap(({ names, port }) => names.map((name) => `${name}:${port}`)) ?? []),
  ];
  const { STATUS_PORT } = imageEnvironment();
  assert.ok(serving.length > 7);
  assert.deepEqual(asked.sort(), serving.map((name) => `${name}:${STATUS_PORT}`).sort());
  for (const { labels, targets } of scrape?.static_configs ?? []) assert.deepEqual(targets, [`${labels.role}:${STATUS_PORT}`]);
  assert.equal(scrape?.authorization, undefined);
});
