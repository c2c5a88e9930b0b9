import { describe, expect, it } from 'vitest';
import { fit, type Room } from '../../src/graph/view';

const room: Room = { width: 548, height: 530, top: 14, bottom: 50, corner: 190, bar: 46 };

describe('what is fitted', () => {
  it.each([
    ['small', 100, 100],
    ['as high as the room', 200, 466],
    ['wide and as high as the room', 500, 466],
    ['high', 300, 2000],
    ['wide', 3000, 300],
  ])('lies between the controls and the legend: %s', (_, width, height) => {
    const bounds = { x: 7, y: -5, width, height };
    const { k, x, y } = fit(bounds, room);
    const [left, top] = [x + bounds.x * k, y + bounds.y * k];
    expect(left).toBeGreaterThanOrEqual(0);
    expect(left + width * k).toBeLessThanOrEqual(room.width);
    expect(top + height * k).toBeLessThanOrEqual(room.height - room.bottom + 1);
    const beside = left < room.corner;
    expect(top).toBeGreaterThanOrEqual((beside ? room.bar : room.top) - 1);
  });
});
