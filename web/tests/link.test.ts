import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeLink, readLink } from '../src/share/link';

const PAGE = 'https://backlight.example/play?x=1#old';
const fragment = (link: string) => link.slice(link.indexOf('#') + 1);
/** A link with any content, made without our code. */
const forge = (content: unknown) =>
  '1/' + deflateRawSync(JSON.stringify(content)).toString('base64url');

describe('a link', () => {
  it.each([
    ['a program', "import torch\nprint('hello')\n"],
    ['no program', ''],
    ['all of Unicode', 'x = "é 漢字 🙂 \u0000"'],
    ['a long program', Array.from({ length: 20_000 }, (_, i) => `x${i} = ${i}`).join('\n')],
  ])('carries %s', async (_, code) => {
    const shared = { code, name: 'nets.py', record: 'full' as const, engine: '0.1.0' };
    const link = await makeLink(shared, PAGE);
    expect(link).toMatch(/^https:\/\/backlight\.example\/play\?x=1#1\/[\w-]+$/);
    expect(await readLink(fragment(link))).toEqual({ ok: true, content: shared, problem: '' });
  });

  it('is short', async () => {
    const code = 'optimizer.zero_grad()\nloss.backward()\noptimizer.step()\n'.repeat(20);
    expect((await makeLink({ code, name: 'main.py', record: null }, PAGE)).length).toBeLessThan(
      300,
    );
  });

  it('is refused for a program that is too long', async () => {
    const made = makeLink({ code: 'x'.repeat(1_000_001), name: 'main.py', record: null }, PAGE);
    await expect(made).rejects.toThrow('too long for a link');
  });

  it('needs nothing but the program', async () => {
    expect(await readLink(forge({ v: 1, code: 'x' }))).toEqual({
      ok: true,
      content: { code: 'x', name: 'main.py', record: null, engine: '' },
      problem: '',
    });
  });

  it.each([
    ['name', 7],
    ['name', ''],
    ['name', '..'],
    ['name', '../main.py'],
    ['name', 'a\\b.py'],
    ['name', 'a\u202egnp.py'],
    ['name', 'n'.repeat(101)],
    ['record', 'everything'],
    ['engine', '<b>'],
    ['autorun', true],
    ['__proto__x', { polluted: 1 }],
  ])('with a bad %s (%j) opens without it and says so', async (field, value) => {
    const opened = await readLink(forge({ v: 1, code: 'x', [field]: value }));
    expect(opened).toEqual({
      ok: true,
      content: { code: 'x', name: 'main.py', record: null, engine: '' },
      problem: expect.stringMatching(/left out\.$/),
    });
  });

  it.each([
    ['from a later version of the form', '2/abc', 'newer'],
    ['from a later version of the content', forge({ v: 2, code: 'x' }), 'newer'],
    ['of no known form', 'hello', 'damaged'],
    ['that is empty', '1/', 'damaged'],
    ['that is no base64url', '1/a+b=', 'damaged'],
    ['that is no deflated text', '1/AAAA', 'damaged'],
    ['that was cut', forge({ v: 1, code: 'print(1)'.repeat(99) }).slice(0, -6), 'damaged'],
    ['without version', forge({ code: 'x' }), 'damaged'],
    ['without program', forge({ v: 1 }), 'damaged'],
    ['with a program that is none', forge({ v: 1, code: { length: 1 } }), 'damaged'],
    ['that is a list', forge([1]), 'damaged'],
    ['that is null', forge(null), 'damaged'],
    [
      'whose text is no UTF-8',
      '1/' + deflateRawSync(Buffer.from([0x22, 0xff, 0x22])).toString('base64url'),
      'damaged',
    ],
    [
      'with too long a program',
      forge({ v: 1, code: 'x'.repeat(1_000_001) }),
      'more than a program',
    ],
    [
      'that unpacks to 200 MB',
      '1/' + deflateRawSync(Buffer.alloc(200 << 20)).toString('base64url'),
      'more than a program',
    ],
    ['of two million characters', '1/' + 'A'.repeat(2_000_000), 'more than a program'],
  ])('%s opens nothing and says why', async (_, link, why) => {
    const opened = await readLink(link);
    expect(opened).toEqual({ ok: false, problem: expect.stringContaining(why) });
    expect(opened.problem).toMatch(/^[A-Z][^.]*\.$/);
  });
});
