/** The examples: each is a file in `examples/`, described by its own docstring. */

export interface Example {
  /** File name without `.py`. */
  id: string;
  /** File name. */
  name: string;
  /** First line of the docstring. */
  title: string;
  /** The paragraph after it. */
  about: string;
  code: string;
}

/** The example that the page opens with. */
export const OPENING = 'digits_mlp';

const DOCSTRING = /^(?:#[^\n]*\n|[^\S\n]*\n)*[rR]?("""|''')([\s\S]*?)\1/;

/** Title and paragraph out of a module's docstring; the file name where there is none. */
export function describe(name: string, code: string): { title: string; about: string } {
  const text = DOCSTRING.exec(code)?.[2] ?? '';
  const [title = '', ...rest] = text.trim().split('\n');
  const about = rest
    .join('\n')
    .trim()
    .split(/\n\s*\n/)[0];
  return {
    title: title.trim().replace(/\.$/, '') || name,
    about: about.replace(/\s+/g, ' '),
  };
}

/** The program without its docstring and what its test expects: the picker says that already. */
export function program(code: string): string {
  return code.replace(DOCSTRING, '').replace(/^(?:\s*\n|#\s*expect:[^\n]*\n)+/, '');
}

/** Examples out of the files `path -> text`, the opening one first, then by title. */
export function catalogue(files: Record<string, string>): Example[] {
  return Object.entries(files)
    .map(([path, code]) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      return {
        id: name.replace(/\.py$/, ''),
        name,
        code: program(code),
        ...describe(name, code),
      };
    })
    .filter((example) => !example.id.startsWith('_'))
    .sort(
      (a, b) =>
        Number(b.id === OPENING) - Number(a.id === OPENING) || a.title.localeCompare(b.title, 'en'),
    );
}

export const examples: readonly Example[] = catalogue(
  import.meta.glob<string>('../../../examples/*.py', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
);

export function exampleById(id: string): Example | null {
  return examples.find((example) => example.id === id) ?? null;
}
