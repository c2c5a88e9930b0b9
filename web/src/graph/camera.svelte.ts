// Pan and zoom of the stage: by pointer, touch and wheel through d3-zoom, by key and button through
// the methods. Until the user moves the view it keeps the whole graph in sight.

import { select } from 'd3-selection';
import { zoom, zoomIdentity, type D3ZoomEvent, type ZoomBehavior } from 'd3-zoom';
import type { Frame, LayoutResult } from './layout';
import type { View } from './picture';
import { fit, opening, type Room } from './view';

const NEAREST = 4;
const FARTHEST = 0.02;

export class Camera {
  #view = $state.raw<View>({ k: 1, x: 0, y: 0 });
  /** The user moved the view: it is theirs until they ask for all of it. */
  #moved = false;
  #zoom: ZoomBehavior<HTMLElement, unknown> | null = null;
  #stage: HTMLElement | null = null;

  get view(): View {
    return this.#view;
  }

  /** Listen to pointer, touch and wheel on the stage; `onmove` hears what the user does. */
  attach(stage: HTMLElement, onmove: () => void): () => void {
    this.#stage = stage;
    this.#zoom = zoom<HTMLElement, unknown>()
      .scaleExtent([FARTHEST, NEAREST])
      .clickDistance(4)
      .filter((event: Event) => !isControl(event) && !(event as MouseEvent).button)
      .on('zoom', (event: D3ZoomEvent<HTMLElement, unknown>) => {
        const { k, x, y } = event.transform;
        this.#view = { k, x, y };
        if (!event.sourceEvent) return;
        this.#moved = true;
        onmove();
      });
    select(stage).call(this.#zoom).on('dblclick.zoom', null);
    return () => select(stage).on('.zoom', null);
  }

  /** The first view of a graph, unless the user has chosen theirs. */
  frame(bounds: LayoutResult['bounds'], room: Room): void {
    if (!this.#moved && room.width && room.height) this.#moveTo(opening(bounds, room));
  }

  /** Another graph is there: the view that was chosen for the last one is no longer the user's wish. */
  release(): void {
    this.#moved = false;
  }

  /** All of the graph, and again whenever it or the stage changes. */
  showAll(bounds: LayoutResult['bounds'], room: Room): void {
    this.#moved = false;
    this.#moveTo(fit(bounds, room));
  }

  scaleBy(factor: number, room: Room): void {
    const { k: before, x, y } = this.#view;
    const k = Math.max(FARTHEST, Math.min(NEAREST, before * factor));
    const [cx, cy] = [room.width / 2, (room.height - room.bottom) / 2];
    this.#moved = true;
    this.#moveTo({ k, x: cx - ((cx - x) * k) / before, y: cy - ((cy - y) * k) / before });
  }

  /** Bring a box into sight; nothing moves where it is in sight already. */
  reveal(frame: Frame, room: Room): void {
    const { k, x, y } = this.#view;
    const tall = Math.min(frame.height, 120);
    const [left, right] = [(frame.x - 120) * k + x, (frame.x + 120) * k + x];
    const [top, bottom] = [frame.y * k + y, (frame.y + tall) * k + y];
    const floor = room.height - room.bottom + 6;
    const across = left < 12 ? 12 - left : right > room.width - 12 ? room.width - 12 - right : 0;
    const down = top < 8 ? 8 - top : bottom > floor ? floor - bottom : 0;
    if (!across && !down) return;
    this.#moved = true;
    this.#moveTo({ k, x: x + across, y: y + down });
  }

  /** Move so that a world point lies at a place of the screen. */
  hold(world: { x: number; y: number }, [x, y]: [number, number]): void {
    const { k } = this.#view;
    this.#moveTo({ k, x: x - world.x * k, y: y - world.y * k });
  }

  /** Whether all of a graph is in sight. */
  sees(bounds: LayoutResult['bounds'], room: Room): boolean {
    const [left, top] = this.toScreen(bounds.x, bounds.y);
    const [right, bottom] = this.toScreen(bounds.x + bounds.width, bounds.y + bounds.height);
    return left >= 0 && top >= 0 && right <= room.width && bottom <= room.height - room.bottom + 6;
  }

  /** Put a world point into the middle. */
  centre(world: { x: number; y: number }, room: Room): void {
    this.#moved = true;
    this.hold(world, [room.width / 2, (room.height - room.bottom) / 2]);
  }

  toWorld(x: number, y: number): [number, number] {
    const view = this.#view;
    return [(x - view.x) / view.k, (y - view.y) / view.k];
  }

  toScreen(x: number, y: number): [number, number] {
    const view = this.#view;
    return [x * view.k + view.x, y * view.k + view.y];
  }

  #moveTo(view: View): void {
    this.#view = view;
    if (this.#stage && this.#zoom) {
      const { k, x, y } = view;
      select(this.#stage).call(this.#zoom.transform, zoomIdentity.translate(x, y).scale(k));
    }
  }
}

/** Buttons and fields on the stage are no part of the picture. */
export function isControl(event: Event): boolean {
  return (event.target as Element).closest('button, input, select') !== null;
}
