import { describe, expect, it } from 'vitest';
import { EventParser } from '../src/runtime/sse';

const STREAM =
  'retry: 500\n\n: ping\n\nid: 0\ndata: {"a":1}\n\nid: 1\r\ndata: x\r\ndata:  y\r\n\r\nevent: end\ndata: {}\n\n';
const EVENTS = [
  { id: '0', event: 'message', data: '{"a":1}' },
  { id: '1', event: 'message', data: 'x\n y' },
  { id: '1', event: 'end', data: '{}' },
];

describe('server-sent events', () => {
  it.each([1, 2, 3, 7, 1000])('are the same in pieces of %i characters', (size) => {
    const parser = new EventParser(1000);
    const events = [];
    for (let i = 0; i < STREAM.length; i += size)
      events.push(...parser.push(STREAM.slice(i, i + size)));
    expect(events).toEqual(EVENTS);
  });

  it('do not count before their blank line', () => {
    const parser = new EventParser(1000);
    expect(parser.push('id: 5\ndata: half')).toEqual([]);
    expect(parser.push('\n')).toEqual([]);
    expect(parser.push('\n')).toEqual([{ id: '5', event: 'message', data: 'half' }]);
  });

  it.each([
    ['a line without end', 'data: ' + 'x'.repeat(101)],
    ['many lines', 'data: xxxxxxxxxx\n'.repeat(11)],
  ])('may not grow without bound: %s', (_, text) => {
    expect(() => new EventParser(100).push(text)).toThrow('too long');
  });

  it('are bounded one by one', () => {
    expect(new EventParser(100).push(('data: ' + 'x'.repeat(90) + '\n\n').repeat(5))).toHaveLength(
      5,
    );
  });
});
