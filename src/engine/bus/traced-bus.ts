// A bus that measures how long traced messages are on their way to the brokers. Only used where traces are on; what is not traced passes untouched.
import type { Bus, Handler, Message, SubscribeOptions, Subscription } from '#ports/bus.ts';
import type { Span, Traces } from '#ports/traces.ts';

export class TracedBus implements Bus {
  readonly #bus: Bus;
  readonly #traces: Traces;

  constructor(bus: Bus, traces: Traces) {
    this.#bus = bus;
    this.#traces = traces;
  }

  async publish(messages: readonly Message[]): Promise<void> {
    const spans: { readonly span: Span; readonly topic: string }[] = [];
    const told = messages.map((message) => {
      const span = this.#traces.follow(message.traceparent, 'bus.produce');
      if (!span) return message;
      spans.push({ span, topic: message.topic });
      return { ...message, traceparent: span.traceparent };
    });
    await this.#bus.publish(told);
    for (const { span, topic } of spans) span.end({ 'messaging.destination.name': topic });
  }

  subscribe(topic: string, group: string, handler: Handler, options?: SubscribeOptions): Promise<Subscription> {
    return this.#bus.subscribe(topic, group, handler, options);
  }

  close(): Promise<void> {
    return this.#bus.close();
  }
}
