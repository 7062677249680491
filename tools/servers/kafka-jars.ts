// Apache Kafka's broker from the jars that Maven Central publishes, kept in a folder of the user. Nothing but Java 17 and Maven is needed.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runs } from './programs.ts';

export const KAFKA_VERSION = '4.1.1';
/** Of the same line as the log4j that the broker brings; without it the broker says nothing. */
const LOG4J_VERSION = '2.24.3';
const DOWNLOAD_MS_MAX = 600_000;

const CACHE = process.env['PALPITE_CACHE'] ?? join(homedir(), '.cache', 'palpite');
const JARS = join(CACHE, `kafka-${KAFKA_VERSION}`);

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>palpite</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>${LOG4J_VERSION}</version></dependency>
  </dependencies>
</project>
`;

/** What a Kafka broker lacks on this machine, with the mend; null when it can start. */
export async function missingForKafka(): Promise<string | null> {
  if (!(await runs('java', ['-version']))) return 'Kafka needs java 17 or newer: apt-get install openjdk-17-jre-headless';
  if (existsSync(JARS) || (await runs('mvn', ['-v']))) return null;
  return 'fetching the Kafka broker needs mvn: apt-get install maven';
}

/** The folder with the broker's jars; the first call fetches them. Two processes at once both fetch, and one result stays. */
export async function kafkaJars(): Promise<string> {
  if (existsSync(JARS)) return JARS;
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, 'fetching-'));
  try {
    await writeFile(join(work, 'pom.xml'), POM);
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=jars'];
    await promisify(execFile)('mvn', ['-B', '-q', ...goal], { cwd: work, timeout: DOWNLOAD_MS_MAX });
    await rename(join(work, 'jars'), JARS).catch((error: unknown) => {
      if (!existsSync(JARS)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return JARS;
}
