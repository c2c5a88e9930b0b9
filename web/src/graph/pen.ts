// What the drawing needs of a surface: a part of a canvas context, so that the same drawing goes to
// a canvas and into an SVG file.

type Context = CanvasRenderingContext2D;

export interface Pen extends Pick<
  Context,
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'arc'
  | 'roundRect'
  | 'stroke'
  | 'fill'
  | 'clip'
  | 'fillRect'
  | 'strokeRect'
  | 'fillText'
  | 'setLineDash'
  | 'save'
  | 'restore'
> {
  fillStyle: string | CanvasPattern | CanvasGradient;
  strokeStyle: string | CanvasPattern | CanvasGradient;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  lineCap: CanvasLineCap;
  lineJoin: CanvasLineJoin;
}

/** A blurred patch of light, centred on x, y. */
export type Shine = (
  colour: string,
  width: number,
  height: number,
  blur: number,
  x: number,
  y: number,
) => void;
