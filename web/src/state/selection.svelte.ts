/** The one thing that is selected, and the one that is pointed at, in every panel. */

export class Selection {
  #node = $state<string | null>(null);
  #line = $state<number | null>(null);
  #hoveredNode = $state<string | null>(null);
  #hoveredLine = $state<number | null>(null);

  /** Key of the selected node. */
  get node(): string | null {
    return this.#node;
  }

  /** The line of the program (as it ran) that is selected. */
  get line(): number | null {
    return this.#line;
  }

  get hoveredNode(): string | null {
    return this.#hoveredNode;
  }

  get hoveredLine(): number | null {
    return this.#hoveredLine;
  }

  /** Select a node together with the line that made it. */
  selectNode(key: string | null, line: number | null = null): void {
    this.#node = key;
    this.#line = line;
  }

  selectLine(line: number | null): void {
    this.#line = line;
    this.#node = null;
  }

  hoverNode(key: string | null): void {
    this.#hoveredNode = key;
  }

  hoverLine(line: number | null): void {
    this.#hoveredLine = line;
  }

  clear(): void {
    this.#node = this.#line = this.#hoveredNode = this.#hoveredLine = null;
  }
}
