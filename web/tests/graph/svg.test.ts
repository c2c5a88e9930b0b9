import { describe, expect, it } from 'vitest';
import { SvgPen } from '../../src/graph/svg';

const frame = { x: 0, y: 0, width: 100, height: 50 };

describe('the pen that writes SVG', () => {
  it('keeps text as text, with its font, and never as markup', () => {
    const pen = new SvgPen();
    pen.font = '600 12.5px Inter, sans-serif';
    pen.textAlign = 'right';
    pen.fillStyle = '#123456';
    pen.fillText('<script>"a" & b', 10, 20.126);
    const file = pen.file(frame, '#000', '#f00', 'a < b');
    expect(file).toContain('&#60;script&#62;&#34;a&#34; &#38; b</text>');
    expect(file).not.toContain('<script>');
    expect(file).toContain(
      'x="10" y="20.13" font-weight="600" font-size="12.5px" font-family="Inter, sans-serif" text-anchor="end" fill="#123456"',
    );
    expect(file).toContain('<title>a &#60; b</title>');
  });

  it('keeps strokes, dashes, strength and clips apart', () => {
    const pen = new SvgPen();
    pen.save();
    pen.beginPath();
    pen.roundRect(0, 0, 20, 10, 3);
    pen.clip();
    pen.fillStyle = pen.hatch;
    pen.fillRect(0, 5, 20, 5);
    pen.restore();
    pen.globalAlpha = 0.4;
    pen.strokeStyle = 'red';
    pen.lineWidth = 2;
    pen.setLineDash([1.5, 3]);
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.lineTo(5, 5);
    pen.stroke();
    const file = pen.file(frame, '#000', '#f00', '');
    expect(file).toContain('fill="url(#hatch)" clip-path="url(#clip0)"');
    expect(file).toContain('<clipPath id="clip0">');
    expect(file).toContain(
      '<path d="M0 0L5 5" fill="none" stroke="red" stroke-width="2" stroke-linejoin="round" stroke-dasharray="1.5 3" opacity="0.4"/>',
    );
    expect(file.match(/clip-path=/g)).toHaveLength(1);
  });

  it('casts light with a blur that is defined once', () => {
    const pen = new SvgPen();
    pen.shine('rgb(1 2 3)', 40, 10, 13, 50, 25);
    pen.shine('rgb(1 2 3)', 40, 10, 13, 50, 45);
    const file = pen.file(frame, '#000', '#f00', '');
    expect(file.match(/<filter id="blur13"/g)).toHaveLength(1);
    expect(file).toContain('<rect x="30" y="20" width="40" height="10" rx="5"');
  });
});
