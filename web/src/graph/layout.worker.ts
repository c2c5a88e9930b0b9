// Runs `layout` beside the page. It keeps the layouts of groups that it has seen.

import { layout, type LayoutInput } from './layout';

onmessage = ({ data }: MessageEvent<{ id: number; input: LayoutInput }>) => {
  postMessage({ id: data.id, result: layout(data.input) });
};
