// A bus whose handlers see only messages that the table describes; the rest goes to the dead letters at once, without being tried.
import {
  type Bus,
  deadLetter,
  type Handler,
  isDeadLetterTopic,
  type Message,
  type SubscribeOptions,
  type Subscription,
} from '#ports/bus.ts';
import type { Log } from '#ports/log.ts';
import { faultOf } from './message-table.ts';

export class CheckedBus implements Bus {
  readonly #bus: Bus;
  readonly #log: Log;

  constructor(bus: Bus, log: Log) {
    this.#bus = bus;
    this.#log = log;
  }

  publish(messages: readonly Message[]): Promise<void> {
    return this.#bus.publish(messages);
  }

  subscribe(topic: string, group: string, handler: Handler, options?: SubscribeOptions): Promise<Subscription> {
    if (isDeadLetterTopic(topic)) return this.#bus.subscribe(topic, group, handler, options);
    const buried = new WeakSet<Message>(); // a batch that is tried again buries nothing twice
    const checked: Handler = async (messages) => {
      const letters: Message[] = [];
      const readable = messages.filter((message) => {
        if (buried.has(message)) return false;
        const fault = faultOf(message);
        if (fault === null) return true;
        this.#log.error('bus.unreadable', { topic, group, id: message.id, reason: fault });
        letters.push(deadLetter(message, group, fault));
        return false;
      });
      if (letters.length > 0) {
        await this.#bus.publish(letters);
        for (const message of messages) if (!readable.includes(message)) buried.add(message);
      }
      if (readable.length > 0) await handler(readable);
    };
    return this.#bus.subscribe(topic, group, checked, options);
  }

  close(): Promise<void> {
    return this.#bus.close();
  }
}
