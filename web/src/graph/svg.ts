// The pen that writes SVG: paths stay paths and text stays text, in the colours of the theme.

import type { Pen, Shine } from './pen';

interface State {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  lineCap: CanvasLineCap;
  lineJoin: CanvasLineJoin;
  dash: number[];
  clip: string;
}

const START: State = {
  fillStyle: '#000',
  strokeStyle: '#000',
  lineWidth: 1,
  globalAlpha: 1,
  font: '400 11px sans-serif',
  textAlign: 'left',
  lineCap: 'butt',
  lineJoin: 'round',
  dash: [],
  clip: '',
};

const ANCHOR: Partial<Record<CanvasTextAlign, string>> = { right: 'end', center: 'middle' };
const HATCH = 'url(#hatch)';

export const n = (value: number): string => String(Math.round(value * 100) / 100);

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

export class SvgPen implements Pen {
  readonly hatch = HATCH;
  #state: State = { ...START };
  readonly #saved: State[] = [];
  #path: string[] = [];
  readonly #defs: string[] = [];
  readonly #body: string[] = [];
  readonly #blurs = new Set<number>();

  get fillStyle(): string {
    return this.#state.fillStyle;
  }
  set fillStyle(value: string | CanvasPattern | CanvasGradient) {
    this.#state.fillStyle = String(value);
  }
  get strokeStyle(): string {
    return this.#state.strokeStyle;
  }
  set strokeStyle(value: string | CanvasPattern | CanvasGradient) {
    this.#state.strokeStyle = String(value);
  }
  get lineWidth(): number {
    return this.#state.lineWidth;
  }
  set lineWidth(value: number) {
    this.#state.lineWidth = value;
  }
  get globalAlpha(): number {
    return this.#state.globalAlpha;
  }
  set globalAlpha(value: number) {
    this.#state.globalAlpha = value;
  }
  get font(): string {
    return this.#state.font;
  }
  set font(value: string) {
    this.#state.font = value;
  }
  get textAlign(): CanvasTextAlign {
    return this.#state.textAlign;
  }
  set textAlign(value: CanvasTextAlign) {
    this.#state.textAlign = value;
  }
  get lineCap(): CanvasLineCap {
    return this.#state.lineCap;
  }
  set lineCap(value: CanvasLineCap) {
    this.#state.lineCap = value;
  }
  get lineJoin(): CanvasLineJoin {
    return this.#state.lineJoin;
  }
  set lineJoin(value: CanvasLineJoin) {
    this.#state.lineJoin = value;
  }

  beginPath(): void {
    this.#path = [];
  }
  moveTo(x: number, y: number): void {
    this.#path.push(`M${n(x)} ${n(y)}`);
  }
  lineTo(x: number, y: number): void {
    this.#path.push(`L${n(x)} ${n(y)}`);
  }
  /** Whole circles only. */
  arc(x: number, y: number, r: number): void {
    const half = `A${n(r)} ${n(r)} 0 0 1`;
    this.#path.push(`M${n(x + r)} ${n(y)}${half} ${n(x - r)} ${n(y)}${half} ${n(x + r)} ${n(y)}Z`);
  }
  roundRect(x: number, y: number, width: number, height: number, radii?: unknown): void {
    const r = Math.min(Number(radii) || 0, width / 2, height / 2);
    const corner = (dx: number, dy: number) => `a${n(r)} ${n(r)} 0 0 1 ${n(dx)} ${n(dy)}`;
    this.#path.push(
      `M${n(x + r)} ${n(y)}h${n(width - 2 * r)}${corner(r, r)}v${n(height - 2 * r)}${corner(-r, r)}` +
        `h${n(2 * r - width)}${corner(-r, -r)}v${n(2 * r - height)}${corner(r, -r)}Z`,
    );
  }
  setLineDash(dash: number[]): void {
    this.#state.dash = dash;
  }
  save(): void {
    this.#saved.push({ ...this.#state });
  }
  restore(): void {
    this.#state = this.#saved.pop() ?? this.#state;
  }
  clip(): void {
    const id = `clip${this.#defs.length}`;
    this.#defs.push(`<clipPath id="${id}"><path d="${this.#path.join('')}"/></clipPath>`);
    this.#state.clip = id;
  }

  fill(): void {
    this.#add(`<path d="${this.#path.join('')}" fill="${this.fillStyle}"`);
  }
  stroke(): void {
    this.#add(`<path d="${this.#path.join('')}" fill="none"${this.#line()}`);
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.#add(`<rect${this.#box(x, y, width, height)} fill="${this.fillStyle}"`);
  }
  strokeRect(x: number, y: number, width: number, height: number): void {
    this.#add(`<rect${this.#box(x, y, width, height)} fill="none"${this.#line()}`);
  }
  fillText(text: string, x: number, y: number): void {
    if (!text) return;
    const [, weight, size, family] = /^(\S+) (\S+) (.*)$/.exec(this.font) ?? [
      '',
      '400',
      '11px',
      '',
    ];
    const anchor = ANCHOR[this.textAlign];
    this.#add(
      `<text x="${n(x)}" y="${n(y)}" font-weight="${weight}" font-size="${size}" ` +
        `font-family="${escape(family)}"${anchor ? ` text-anchor="${anchor}"` : ''} fill="${this.fillStyle}"`,
      escape(text),
    );
  }

  readonly shine: Shine = (colour, width, height, blur, x, y) => {
    const rounded = Math.round(blur);
    this.#blurs.add(rounded);
    const box = this.#box(x - width / 2, y - height / 2, width, height);
    this.#add(
      `<rect${box} rx="${n(Math.min(width, height) / 2)}" fill="${colour}" filter="url(#blur${rounded})"`,
    );
  };

  /** The whole file: what was drawn inside of a rectangle of the world. */
  file(
    at: { x: number; y: number; width: number; height: number },
    ground: string,
    stripe: string,
    title: string,
  ): string {
    const blurs = [...this.#blurs].map(
      (blur) =>
        `<filter id="blur${blur}" x="-100%" y="-200%" width="300%" height="500%">` +
        `<feGaussianBlur stdDeviation="${blur}"/></filter>`,
    );
    const hatch =
      '<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse">' +
      `<rect width="8" height="8" fill="${ground}"/>` +
      `<path d="M-2 10L10 -2M-2 2L2 -2M6 10L10 6" stroke="${stripe}" stroke-width="2.5"/></pattern>`;
    const { x, y, width, height } = at;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${n(x)} ${n(y)} ${n(width)} ${n(height)}" ` +
        `width="${n(width)}" height="${n(height)}">`,
      `<title>${escape(title)}</title>`,
      `<defs>${hatch}${blurs.join('')}${this.#defs.join('')}</defs>`,
      `<rect${this.#box(x, y, width, height)} fill="${ground}"/>`,
      ...this.#body,
      '</svg>',
      '',
    ].join('\n');
  }

  #box(x: number, y: number, width: number, height: number): string {
    return ` x="${n(x)}" y="${n(y)}" width="${n(Math.max(0, width))}" height="${n(Math.max(0, height))}"`;
  }

  #line(): string {
    const { dash, lineCap } = this.#state;
    return (
      ` stroke="${this.strokeStyle}" stroke-width="${n(this.lineWidth)}" stroke-linejoin="round"` +
      (lineCap === 'round' ? ' stroke-linecap="round"' : '') +
      (dash.length ? ` stroke-dasharray="${dash.join(' ')}"` : '')
    );
  }

  #add(open: string, content = ''): void {
    const { globalAlpha, clip } = this.#state;
    if (globalAlpha <= 0) return;
    const more =
      (globalAlpha < 1 ? ` opacity="${n(globalAlpha)}"` : '') +
      (clip ? ` clip-path="url(#${clip})"` : '');
    this.#body.push(content ? `${open}${more}>${content}</text>` : `${open}${more}/>`);
  }
}
