// Whether brokers answer: for `palpite doctor`.
import { Admin } from '@platformatic/kafka';
import { causeOf, clientOptions, CLOSE_MS_MAX, type KafkaSettings, within } from './kafka-settings.ts';

/** Null when a broker answers, else why not. */
export async function kafkaFault(settings: KafkaSettings): Promise<string | null> {
  const admin = new Admin(clientOptions(settings, 'doctor'));
  try {
    await admin.listTopics();
    return null;
  } catch (error) {
    return causeOf(error);
  } finally {
    await within(admin.close(), CLOSE_MS_MAX);
  }
}
