/** Server-sent events read from a `fetch()` body: the browser's own reader can send no header. */

export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Splits text, as it comes, into events. One counts only when its blank line has arrived. */
export class EventParser {
  #rest = '';
  #id = '';
  #event = '';
  #data: string[] = [];
  #size = 0;

  /** `most`: characters of one event; more are an error. */
  constructor(private readonly most: number) {}

  /** Take more text; return the events that are whole now. */
  push(text: string): ServerEvent[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    this.#check(this.#rest.length);
    const events: ServerEvent[] = [];
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (this.#data.length || this.#event)
          events.push({
            id: this.#id,
            event: this.#event || 'message',
            data: this.#data.join('\n'),
          });
        this.#event = '';
        this.#data = [];
        this.#size = 0;
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'data') {
        this.#data.push(value);
        this.#check((this.#size += value.length));
      } else if (field === 'event') this.#event = value;
      else if (field === 'id') this.#id = value;
    }
    return events;
  }

  #check(size: number): void {
    if (size > this.most) throw new Error('an event is too long');
  }
}
