// Asks the worker for layouts and keeps those of scenes seen before. Where no worker can be had the
// same function is loaded and runs here.

import type { LayoutInput, LayoutResult } from './layout';
import { extentOf, padOf, type Metrics } from './metrics';
import type { Scene } from './model';

export function inputOf(scene: Scene, metrics: Metrics): LayoutInput {
  return {
    boxes: scene.boxes.map((box) => ({
      ...extentOf(box, metrics),
      parent: box.parent,
      open: box.kind === 'open',
      pad: padOf(box),
    })),
    links: scene.links.map((l) => [l.source, l.target]),
    roomRight: metrics.roomRight,
  };
}

const nameOf = (scene: Scene, metrics: Metrics): string => `${scene.id}|${metrics.node}`;

const MOST_KEPT = 64;

export class Layouter {
  private worker: Worker | null = null;
  private readonly waiting = new Map<
    number,
    { input: LayoutInput; done: (result: LayoutResult) => void }
  >();
  private readonly kept = new Map<string, LayoutResult>();
  private next = 0;

  constructor() {
    try {
      this.worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
      this.worker.onmessage = ({ data }: MessageEvent<{ id: number; result: LayoutResult }>) => {
        const asked = this.waiting.get(data.id);
        this.waiting.delete(data.id);
        asked?.done(data.result);
      };
      this.worker.onerror = () => this.withoutWorker();
    } catch {
      this.withoutWorker();
    }
  }

  /** What is known of this scene at once, without asking. */
  known(scene: Scene, metrics: Metrics): LayoutResult | undefined {
    return this.kept.get(nameOf(scene, metrics));
  }

  ask(scene: Scene, metrics: Metrics): Promise<LayoutResult> {
    const input = inputOf(scene, metrics);
    return new Promise((resolve) => {
      const done = (result: LayoutResult) => {
        if (this.kept.size >= MOST_KEPT) this.kept.delete(this.kept.keys().next().value!);
        this.kept.set(nameOf(scene, metrics), result);
        resolve(result);
      };
      if (!this.worker) return void here(input).then(done);
      const id = this.next++;
      this.waiting.set(id, { input, done });
      this.worker.postMessage({ id, input });
    });
  }

  dispose(): void {
    this.worker?.terminate();
    this.worker = null;
  }

  private withoutWorker(): void {
    this.worker?.terminate();
    this.worker = null;
    for (const { input, done } of this.waiting.values()) void here(input).then(done);
    this.waiting.clear();
  }
}

async function here(input: LayoutInput): Promise<LayoutResult> {
  const { layout } = await import('./layout');
  return layout(input);
}
