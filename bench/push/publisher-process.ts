// The publisher of `bench push` over Kafka.
import { KafkaBus } from '#adapters/kafka/kafka-bus.ts';
import { Publisher } from './publisher.ts';
import type { Ask } from './scene.ts';

const publisher = new Publisher(new KafkaBus({ brokers: process.env['KAFKA_BROKERS'] as string }));
process.on('message', (ask: Ask) => process.send?.(publisher.answer(ask)));
process.send?.({});
