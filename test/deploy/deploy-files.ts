// What the deployment files say, read into plain objects: services of compose.yaml, manifests, instructions of the Dockerfile.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const ROOT = join(import.meta.dirname, '..', '..');
export const KUBERNETES = 'deploy/kubernetes';
export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export type Tree = { readonly [key: string]: unknown };

export interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly secrets?: readonly string[];
  readonly profiles?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly deploy?: { readonly resources?: { readonly limits?: { readonly cpus?: string; readonly memory?: string } } };
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export function readCompose(): Compose {
  return parse(read('compose.yaml'), { merge: true }) as Compose;
}

export interface Manifest {
  readonly file: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Tree;
  readonly data?: Readonly<Record<string, string>>;
}

export function manifestFiles(): string[] {
  return readdirSync(join(ROOT, KUBERNETES)).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
}

export function readManifests(): Manifest[] {
  return manifestFiles().flatMap((file) =>
    parseAllDocuments(read(`${KUBERNETES}/${file}`)).map((document) => {
      const { spec = {}, ...rest } = document.toJS() as Omit<Manifest, 'file' | 'spec'> & { spec?: Tree };
      return { ...rest, spec, file };
    }),
  );
}

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Instructions of the Dockerfile in order; what is continued stands on one line. */
export function readDockerfile(): Instruction[] {
  const lines = read('Dockerfile')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const space = line.indexOf(' ');
    return { name: line.slice(0, space), text: line.slice(space + 1).trim() };
  });
}

/** The environment that the image sets. */
export function imageEnvironment(): Record<string, string> {
  const pairs = readDockerfile()
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ text }) => text.split(/\s+/));
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]));
}

/** Fills in what Compose would from an empty environment: `${NAME:-default}` becomes the default. */
export function interpolated(text: string): string {
  return text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
}
