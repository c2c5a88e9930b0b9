/** Events as a program sends them, small and whole; each test changes what it is about. */

import type { ErrorRaised, Frame, Node, Numbers, Topology } from '../../src/protocol';

export function frame(line: number, from = 0, to = 1, name = '<module>'): Frame {
  return {
    function: name,
    line,
    column: from,
    end_line: line,
    end_column: to,
    text: '',
    branch: 0,
  };
}

export function node(key: string, given: Partial<Node> = {}): Node {
  return {
    key,
    kind: 'op',
    name: key,
    group: -1,
    shape: [2, 3],
    dtype: 'float32',
    device: 'cpu',
    requires_grad: true,
    backward: '',
    formula: '',
    frames: [],
    target: '',
    failed: false,
    cut: '',
    ends: [],
    origin: -1,
    ...given,
  };
}

/** x -> linear(w) -> loss, on lines 1 to 3. */
export function topology(hash = 'a', given: Partial<Topology> = {}): Topology {
  return {
    type: 'topology',
    hash,
    step: 1,
    nodes: [
      node('x', { kind: 'input', requires_grad: false, frames: [frame(1)] }),
      node('w', { kind: 'parameter', frames: [frame(1)] }),
      node('linear', { frames: [frame(9), frame(2, 4, 11, 'forward')], target: 'h' }),
      node('loss', { shape: [], frames: [frame(3)], target: 'loss' }),
    ],
    edges: [
      { source: 0, target: 2, slot: 0 },
      { source: 1, target: 2, slot: 1 },
      { source: 2, target: 3, slot: 0 },
    ],
    groups: [],
    losses: [3],
    parameters: [1],
    complete: true,
    ...given,
  };
}

/** The numbers of a step of `topology()`; every gradient has the rms 10 ** -node. */
export function numbers(step: number, hash = 'a', given: Partial<Numbers> = {}): Numbers {
  const gradients = new Float32Array(24);
  for (let i = 0; i < 4; i++) gradients[6 * i] = 10 ** -i;
  return {
    type: 'numbers',
    step,
    topology: hash,
    values: new Float32Array(24),
    gradients,
    present: Uint8Array.of(1, 3, 3, 3),
    order: Int32Array.of(3, 2, 1),
    update: Float32Array.of(0.001 * step),
    losses: Float64Array.of(1 / step),
    times: Float32Array.of(0.1, 0.2, 0.3),
    histograms: new Uint8Array(0),
    seconds: new Float32Array(0),
    ...given,
  };
}

export const raised: ErrorRaised = {
  type: 'error',
  name: 'RuntimeError',
  message: 'shapes differ\nthe inner sizes are 3 and 4',
  frames: [frame(9), frame(2, 4, 11, 'forward')],
  hidden: 2,
  step: 5,
  op: 'linear',
  node: 'linear',
  operands: [],
};
