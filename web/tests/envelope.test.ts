import { describe, expect, it } from 'vitest';
import {
  checkEnvelope,
  inBase64,
  inBuffers,
  isEnd,
  readBatch,
  refusal,
  stateEvent,
} from '../src/runtime/envelope';

const output = { type: 'output', stream: 'stdout', text: 'hello' };
const points = {
  type: 'points',
  series: { $array: ['i32', 0] },
  step: { $array: ['i32', 1] },
  value: { $array: ['f64', 2] },
};
const buffers = () => [
  new Int32Array([0, 0]).buffer,
  new Int32Array([7, 8]).buffer,
  new Float64Array([0.5, NaN]).buffer,
];
const base64 = (array: { buffer: ArrayBuffer }) => Buffer.from(array.buffer).toString('base64');
const read = (event: unknown, given: ArrayBuffer[] = []) =>
  readBatch(JSON.stringify([{ run: 'r', seq: 3, event }]), inBuffers(given));

describe('a batch from a program', () => {
  it('gives its events in order, arrays in place', () => {
    const json = JSON.stringify([
      { run: 'r', seq: 0, event: output },
      { run: 'r', seq: 1, event: points },
    ]);
    const { batch, refused } = readBatch(json, inBuffers(buffers()));
    expect(refused).toBe(0);
    expect(batch).toEqual([
      { run: 'r', seq: 0, event: output },
      {
        run: 'r',
        seq: 1,
        event: {
          type: 'points',
          series: new Int32Array([0, 0]),
          step: new Int32Array([7, 8]),
          value: new Float64Array([0.5, NaN]),
        },
      },
    ]);
  });

  it('reads arrays inside a part of an event, from base64 as well', () => {
    const sample = {
      type: 'sample',
      shape: [2],
      block: [2],
      data: { $array: ['f64', base64(new Float64Array([1, 2]))] },
    };
    const event = {
      type: 'inspection',
      request: 1,
      step: 0,
      node: 'n',
      note: '',
      value: sample,
      gradient: null,
    };
    expect(checkEnvelope({ run: 'r', seq: 0, event }, inBase64)?.event).toMatchObject({
      value: { data: new Float64Array([1, 2]) },
      gradient: null,
    });
  });

  it('keeps the good events of a batch that has bad ones', () => {
    const json = JSON.stringify([
      { run: 'r', seq: 0, event: output },
      7,
      { run: 'r', seq: 1, event: {} },
    ]);
    expect(readBatch(json, inBuffers([]))).toMatchObject({
      batch: [{ event: output }],
      refused: 2,
    });
  });

  it.each([
    ['no JSON', 'hello'],
    ['no list', '{}'],
    ['nothing', ''],
  ])('refuses %s', (_, json) => {
    expect(readBatch(json, inBuffers([]))).toEqual({ batch: [], refused: 1 });
  });

  it.each<[string, unknown, ArrayBuffer[]?]>([
    ['an unknown type', { type: 'html', text: '<img>' }],
    ['a type from the prototype', { type: 'constructor' }],
    ['no event', undefined],
    ['a text that is none', { ...output, text: { toString: 'x' } }],
    ['a text beyond the bound', { ...output, text: 'x'.repeat(262_145) }],
    ['a number that is none', { ...stateEvent('running'), elapsed: null }],
    ['an unknown state', stateEvent('dancing' as 'running')],
    ['an array of another kind', { ...points, series: { $array: ['f64', 2] } }, buffers()],
    [
      'an array kind from the prototype',
      { ...points, series: { $array: ['constructor', 0] } },
      buffers(),
    ],
    ['an array without its bytes', points, buffers().slice(0, 2)],
    ['one buffer for two arrays', { ...points, step: { $array: ['i32', 0] } }, buffers()],
    ['bytes that are no whole elements', points, [new ArrayBuffer(7), ...buffers().slice(1)]],
    ['a list in place of an array', { ...points, series: [0, 0] }, buffers()],
    ['an array beyond the bound', points, [new ArrayBuffer(16_000_004), ...buffers().slice(1)]],
  ])('refuses %s', (_, event, given) => {
    expect(read(event, given)).toEqual({ batch: [], refused: 1 });
  });

  it.each([
    ['no run', { seq: 0 }],
    ['a run name that is too long', { run: 'r'.repeat(65), seq: 0 }],
    ['a number below 0', { run: 'r', seq: -1 }],
    ['a number that is not whole', { run: 'r', seq: 0.5 }],
  ])('refuses an envelope with %s', (_, head) => {
    expect(checkEnvelope({ ...head, event: output }, inBuffers([]))).toBeNull();
  });

  it('refuses base64 that is none', () => {
    const event = { ...points, series: { $array: ['i32', '%%%'] } };
    expect(checkEnvelope({ run: 'r', seq: 0, event }, inBase64)).toBeNull();
  });
});

it('knows the end of a run', () => {
  const ends = ['finished', 'failed', 'stopped', 'lost'] as const;
  const others = [
    'loading',
    'ready',
    'queued',
    'running',
    'paused',
    'waiting',
    'stopping',
  ] as const;
  expect(ends.filter((state) => isEnd(stateEvent(state)))).toEqual(ends);
  expect(others.filter((state) => isEnd(stateEvent(state)))).toEqual([]);
});

it('says how many messages were left out', () => {
  expect(refusal(1)).toMatchObject({ text: expect.stringContaining('A message from') });
  expect(refusal(3)).toMatchObject({ text: expect.stringContaining('3 messages from') });
});
