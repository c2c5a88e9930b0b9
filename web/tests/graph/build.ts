// Builds topologies and numbers as the session sends them, for tests: a program is a list of calls.

import type { Edge, Frame, Group, Node, Numbers, Topology } from '../../src/protocol';

export class Program {
  nodes: Node[] = [];
  edges: Edge[] = [];
  groups: Group[] = [];
  losses: number[] = [];
  private inside: number[] = [];
  private frames: Frame[] = [];

  constructor(readonly hash: string) {}

  /** Run `body` inside a group. */
  group<T>(group: Partial<Group> & Pick<Group, 'kind' | 'name'>, body: () => T): T {
    const parent = this.inside.at(-1) ?? -1;
    const key = `${parent < 0 ? '' : this.groups[parent].key + '/'}${group.name}.${this.groups.length}`;
    this.groups.push({ key, title: '', line: 0, fold: '', turn: 0, ...group, parent });
    this.inside.push(this.groups.length - 1);
    const result = body();
    this.inside.pop();
    return result;
  }

  /** Run `body` at a line of the user's code. */
  at<T>(line: number, text: string, body: () => T, fn = '<module>'): T {
    this.frames.push({
      function: fn,
      line,
      column: 4,
      end_line: line,
      end_column: 4 + text.length,
      text,
      branch: 0,
    });
    const result = body();
    this.frames.pop();
    return result;
  }

  node(kind: Node['kind'], name: string, shape: number[], more: Partial<Node> = {}): number {
    const group = this.inside.at(-1) ?? -1;
    this.nodes.push({
      key: `${group < 0 ? '' : this.groups[group].key + '/'}${name}#${this.nodes.length}`,
      kind,
      name,
      group,
      shape,
      dtype: 'float32',
      device: 'cpu',
      requires_grad: kind !== 'input' && kind !== 'constant',
      backward: kind === 'op' ? `${name[0].toUpperCase()}${name.slice(1)}Backward0` : '',
      formula: '',
      frames: [...this.frames],
      target: '',
      failed: false,
      cut: '',
      ends: [],
      origin: -1,
      ...more,
    });
    return this.nodes.length - 1;
  }

  op(name: string, inputs: number[], shape: number[], more: Partial<Node> = {}): number {
    const requires = inputs.some((i) => this.nodes[i].requires_grad);
    const node = this.node('op', name, shape, {
      requires_grad: requires,
      backward: requires ? `${name}Backward0` : '',
      ...more,
    });
    inputs.forEach((source, slot) => this.edges.push({ source, target: node, slot }));
    return node;
  }

  linear(name: string, x: number, from: number, to: number, batch = 64, prefix = ''): number {
    const weight = this.node('parameter', `${prefix}${name}.weight`, [to, from]);
    const bias = this.node('parameter', `${prefix}${name}.bias`, [to]);
    return this.group({ kind: 'module', name, title: 'Linear', fold: `linear${from}x${to}` }, () =>
      this.op('linear', [x, weight, bias], [batch, to]),
    );
  }

  topology(more: Partial<Topology> = {}): Topology {
    const parameters = this.nodes.flatMap((n, i) => (n.kind === 'parameter' ? [i] : []));
    return {
      type: 'topology',
      hash: this.hash,
      step: 1,
      nodes: this.nodes,
      edges: this.edges,
      groups: this.groups,
      losses: this.losses,
      parameters,
      complete: true,
      ...more,
    };
  }
}

/** Numbers of a step: a gradient for each node that needs one, by `rms` of its place. */
export function numbersOf(
  topology: Topology,
  rms: (node: Node, index: number) => number,
  more: Partial<Numbers> = {},
): Numbers {
  const n = topology.nodes.length;
  const gradients = new Float32Array(n * 6).fill(NaN);
  const values = new Float32Array(n * 6).fill(NaN);
  const present = new Uint8Array(n);
  topology.nodes.forEach((node, i) => {
    present[i] = 1;
    values.set([1.07, 0.58, -2, 4.8, 0.2, 0], i * 6);
    const g = rms(node, i);
    if (!node.requires_grad || Number.isNaN(g)) return;
    present[i] |= 2;
    gradients.set(
      Number.isFinite(g) ? [g, 0, -g, g, g === 0 ? 1 : 0, 0] : [NaN, NaN, g, Infinity, 0, 7],
      i * 6,
    );
  });
  const order = topology.nodes
    .flatMap((node, i) => (node.kind === 'op' && present[i] & 2 ? [i] : []))
    .reverse();
  return {
    type: 'numbers',
    step: 412,
    topology: topology.hash,
    values,
    gradients,
    present,
    order: Int32Array.from(order),
    update: new Float32Array(topology.parameters.length).fill(1e-3),
    losses: Float64Array.from(topology.losses.map(() => 0.04)),
    times: Float32Array.from([4e-4, 3e-4, 1e-4]),
    histograms: new Uint8Array(0),
    seconds: new Float32Array(0),
    ...more,
  };
}

function crossEntropy(p: Program, logits: number, y: number): number {
  return p.group({ kind: 'function', name: 'cross_entropy' }, () => {
    const log = p.op('log_softmax', [logits], p.nodes[logits].shape);
    return p.op('nll_loss', [log, y], [], { target: 'loss' });
  });
}

export function mlp(): Topology {
  const p = new Program('mlp');
  const call = 'loss = F.cross_entropy(net(x[i]), y[i])';
  const x = p.at(26, call, () => p.node('input', 'x[i]', [64, 64]));
  const y = p.at(26, call, () => p.node('input', 'y[i]', [64], { dtype: 'int64' }));
  const out = p.at(26, call, () =>
    p.group({ kind: 'module', name: 'net', title: 'Net', line: 26 }, () => {
      let h = p.at(
        17,
        'h = F.relu(self.fc1(x))',
        () => p.op('relu', [p.linear('fc1', x, 64, 32)], [64, 32]),
        'Net.forward',
      );
      h = p.at(
        18,
        'h = F.relu(self.fc2(h))',
        () => p.op('relu', [p.linear('fc2', h, 32, 32)], [64, 32]),
        'Net.forward',
      );
      return p.at(19, 'return self.fc3(h)', () => p.linear('fc3', h, 32, 10), 'Net.forward');
    }),
  );
  p.losses.push(p.at(26, call, () => crossEntropy(p, out, y)));
  return p.topology();
}

/** `blocks` equal blocks between two layers. */
export function deep(blocks = 12): Topology {
  const p = new Program(`deep${blocks}`);
  const call = 'loss = F.cross_entropy(net(x[i]), y[i])';
  p.at(27, call, () => {
    const x = p.node('input', 'x[i]', [64, 64]);
    const y = p.node('input', 'y[i]', [64], { dtype: 'int64' });
    const out = p.group({ kind: 'module', name: 'net', title: 'Sequential', line: 18 }, () => {
      let h = p.linear('0', x, 64, 32);
      for (let i = 1; i <= blocks; i++) {
        h = p.group(
          { kind: 'module', name: String(i), title: 'Block', line: 16, fold: 'block' },
          () =>
            p.at(
              16,
              'return torch.sigmoid(self.fc(x))',
              () => p.op('sigmoid', [p.linear('fc', h, 32, 32, 64, `${i}.`)], [64, 32]),
              'Block.forward',
            ),
        );
      }
      return p.linear(String(blocks + 1), h, 32, 10);
    });
    p.losses.push(crossEntropy(p, out, y));
  });
  return p.topology();
}

export function residual(): Topology {
  const p = new Program('residual');
  const call = 'loss = ((net(x) - y) ** 2).mean()';
  const [x, y] = p.at(30, call, () => [
    p.node('input', 'x', [32, 16]),
    p.node('input', 'y', [32, 16]),
  ]);
  const out = p.at(30, call, () =>
    p.group({ kind: 'module', name: 'net', title: 'ResNet', line: 30 }, () => {
      let h = p.at(20, 'h = self.stem(x)', () => p.linear('stem', x, 16, 16, 32), 'ResNet.forward');
      for (const name of ['block1', 'block2']) {
        h = p.at(
          21,
          `h = self.${name}(h)`,
          () =>
            p.group({ kind: 'module', name, title: 'Block', line: 10 }, () => {
              const a = p.at(
                11,
                'a = F.relu(self.fc1(x))',
                () => p.op('relu', [p.linear('fc1', h, 16, 16, 32)], [32, 16]),
                'Block.forward',
              );
              const b = p.at(
                12,
                'b = self.fc2(a)',
                () => p.linear('fc2', a, 16, 16, 32),
                'Block.forward',
              );
              return p.at(13, 'return x + b', () => p.op('add', [h, b], [32, 16]), 'Block.forward');
            }),
          'ResNet.forward',
        );
      }
      return h;
    }),
  );
  const d = p.at(30, '(net(x) - y)', () => p.op('sub', [out, y], [32, 16]));
  const s = p.at(30, '(net(x) - y) ** 2', () => p.op('pow', [d], [32, 16]));
  p.losses.push(p.at(30, call, () => p.op('mean', [s], [], { target: 'loss' })));
  return p.topology();
}

/** No modules: tensors and a loop. */
export function raw(): Topology {
  const p = new Program('raw');
  const x = p.node('input', 'x', [100, 1]);
  const y = p.node('input', 'y', [100, 1]);
  const [w1, b1, w2, b2] = [[1, 16], [16], [16, 1], [1]].map((s, i) =>
    p.node('parameter', ['w1', 'b1', 'w2', 'b2'][i], s),
  );
  const m = p.at(9, 'h = torch.tanh(x @ w1 + b1)', () => p.op('matmul', [x, w1], [100, 16]));
  const a = p.at(9, 'h = torch.tanh(x @ w1 + b1) ', () => p.op('add', [m, b1], [100, 16]));
  const h = p.at(9, 'h = torch.tanh(x @ w1 + b1)  ', () => p.op('tanh', [a], [100, 16]));
  const n = p.at(10, 'pred = h @ w2 + b2', () => p.op('matmul', [h, w2], [100, 1]));
  const pred = p.at(10, 'pred = h @ w2 + b2 ', () => p.op('add', [n, b2], [100, 1]));
  const d = p.at(11, 'loss = ((pred - y) ** 2).mean()', () => p.op('sub', [pred, y], [100, 1]));
  const two = p.node('constant', '2', [], { dtype: 'int64' });
  const s = p.at(11, 'loss = ((pred - y) ** 2).mean() ', () => p.op('pow', [d, two], [100, 1]));
  p.losses.push(
    p.at(11, 'loss = ((pred - y) ** 2).mean()  ', () => p.op('mean', [s], [], { target: 'loss' })),
  );
  return p.topology();
}

/** About 10,000 ops: equal blocks in groups that differ, so that not all of it folds away. */
export function huge(stages = 40, blocks = 16, opsPerBlock = 15): Topology {
  const p = new Program('huge');
  let h = p.op(
    'embedding',
    [p.node('parameter', 'table.weight', [100, 64]), p.node('input', 'x', [8])],
    [8, 64],
  );
  p.group({ kind: 'module', name: 'net', title: 'Tower', line: 5 }, () => {
    for (let s = 0; s < stages; s++) {
      p.group({ kind: 'module', name: `stage${s}`, title: 'Stage', line: 6 }, () => {
        for (let b = 0; b < blocks; b++) {
          p.group(
            { kind: 'module', name: String(b), title: 'Block', line: 7, fold: 'block' },
            () => {
              const before = h;
              for (let o = 0; o < opsPerBlock - 1; o++) {
                h = p.at(
                  100 + o,
                  `line ${o}`,
                  () => p.op(['mul', 'add', 'tanh'][o % 3], [h], [8, 64]),
                  'Block.forward',
                );
              }
              h = p.at(
                120,
                'return x + h',
                () => p.op('add', [before, h], [8, 64]),
                'Block.forward',
              );
            },
          );
        }
      });
    }
  });
  p.losses.push(p.op('mean', [h], []));
  return p.topology();
}

/** One long list of ops in no group at all. */
export function flat(ops: number): Topology {
  const p = new Program(`flat${ops}`);
  let h = p.node('parameter', 'w', [4]);
  for (let i = 0; i < ops; i++)
    h = p.at(10 + (i % 7), `line ${i % 7}`, () => p.op('mul', [h], [4]));
  p.losses.push(h);
  return p.topology();
}

/** Attention: three branches that meet, a mask, two skips around. */
export function attention(): Topology {
  const p = new Program('attention');
  const x = p.at(40, 'h = block(x)', () => p.node('input', 'tokens', [16, 64], { dtype: 'int64' }));
  const table = p.node('parameter', 'embed.weight', [65, 128]);
  const call = 'logits = model(tokens)';
  const shape = [16, 64, 128];
  const norm = (name: string, h: number, line: number) => {
    const [w, b] = ['weight', 'bias'].map((s) => p.node('parameter', `${name}.${s}`, [128]));
    return p.at(
      line,
      `self.${name}(x)`,
      () =>
        p.group({ kind: 'module', name, title: 'LayerNorm' }, () =>
          p.op('layer_norm', [h, w, b], shape),
        ),
      'Block.forward',
    );
  };
  const out = p.at(40, call, () =>
    p.group({ kind: 'module', name: 'model', title: 'GPT', line: 40 }, () => {
      const e = p.at(
        20,
        'x = self.embed(tokens)',
        () =>
          p.group({ kind: 'module', name: 'embed', title: 'Embedding' }, () =>
            p.op('embedding', [table, x], shape),
          ),
        'GPT.forward',
      );
      return p.at(
        21,
        'x = self.block(x)',
        () =>
          p.group({ kind: 'module', name: 'block', title: 'Block', line: 21 }, () => {
            const n = norm('ln1', e, 10);
            const a = p.at(
              10,
              'self.attn(self.ln1(x))',
              () =>
                p.group({ kind: 'module', name: 'attn', title: 'Attention', line: 10 }, () => {
                  const [q, k, v] = ['q', 'k', 'v'].map((name, i) =>
                    p.at(
                      2 + i,
                      `${name} = self.${name}(x)`,
                      () => p.linear(name, n, 128, 128, 16),
                      'Attention.forward',
                    ),
                  );
                  const mask = p.node('constant', 'mask', [64, 64], { dtype: 'bool' });
                  const s = p.at(5, 'w = q @ k.T', () => p.op('matmul', [q, k], [16, 64, 64]));
                  const m = p.at(6, 'w = w.masked_fill(mask)', () =>
                    p.op('masked_fill', [s, mask], [16, 64, 64]),
                  );
                  const w = p.at(7, 'w.softmax(-1)', () => p.op('softmax', [m], [16, 64, 64]));
                  return p.at(7, 'w.softmax(-1) @ v', () => p.op('matmul', [w, v], shape));
                }),
              'Block.forward',
            );
            const r = p.at(
              10,
              'x = x + self.attn(...)',
              () => p.op('add', [e, a], shape),
              'Block.forward',
            );
            const f = norm('ln2', r, 11);
            const h = p.at(
              11,
              'F.gelu(self.fc(...))',
              () => p.op('gelu', [p.linear('fc', f, 128, 512, 16)], [16, 64, 512]),
              'Block.forward',
            );
            const o = p.at(
              12,
              'self.proj(h)',
              () => p.linear('proj', h, 512, 128, 16),
              'Block.forward',
            );
            return p.at(12, 'x + self.proj(h)', () => p.op('add', [r, o], shape), 'Block.forward');
          }),
        'GPT.forward',
      );
    }),
  );
  p.losses.push(
    p.at(41, 'loss = logits.mean()', () => p.op('mean', [out], [], { target: 'loss' })),
  );
  return p.topology();
}
