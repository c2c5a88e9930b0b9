import { describe, expect, it } from 'vitest';
import { ConsoleLog } from '../../src/state/console';

const texts = (log: ConsoleLog): string[] => log.lines.map((line) => line.text);

describe('console lines', () => {
  it.each<[string, string[], string[]]>([
    ['pieces join to lines', ['a', 'b\nc', '\n'], ['ab', 'c']],
    ['an empty line is a line', ['\n\nx\n'], ['', '', 'x']],
    ['a return writes over the line', ['10%\r20%\r', '30%'], ['30%']],
    ['a return at the end keeps the line until more comes', ['done\r'], ['done']],
    ['a Windows end of line is one end', ['a\r\nb\r\n'], ['a', 'b']],
    ['colours go', ['\u001b[31mred\u001b[0m\n'], ['red']],
    ['a title command of a terminal goes', ['\u001b]0;title\u0007x\n'], ['x']],
    ['what would hide or turn text is shown as a mark', ['a\u202eb\u0000\n'], ['a\ufffdb\ufffd']],
    ['a tab stays', ['a\tb\n'], ['a\tb']],
  ])('%s', (_, pieces, lines) => {
    const log = new ConsoleLog();
    for (const piece of pieces) log.write('stdout', piece);
    expect(texts(log)).toEqual(lines);
  });

  it('keeps the unfinished lines of two streams apart', () => {
    const log = new ConsoleLog();
    log.write('stdout', 'out ');
    log.write('stderr', 'err ');
    log.write('stdout', 'more\n');
    log.write('stderr', 'end\n');
    expect(log.lines.map(({ kind, text }) => [kind, text])).toEqual([
      ['stdout', 'out more'],
      ['stderr', 'err end'],
    ]);
  });

  it('makes a new object of a line that grows, so that who compares sees it', () => {
    const log = new ConsoleLog();
    log.write('stdout', 'a');
    const before = log.lines[0];
    log.write('stdout', 'b');
    expect(log.lines[0]).not.toBe(before);
    expect([before.text, log.lines[0].text, log.lines[0].id]).toEqual(['a', 'ab', before.id]);
  });

  it('keeps the last lines of 200,000 and counts the others', () => {
    const log = new ConsoleLog();
    for (let i = 0; i < 200_000; i += 100) {
      log.write('stdout', Array.from({ length: 100 }, (_, k) => `${i + k}\n`).join(''));
    }
    expect(log.lines.length).toBeLessThanOrEqual(10_000);
    expect(log.lines.at(-1)!.text).toBe('199999');
    expect(log.forgotten + log.lines.length).toBe(200_000);
    expect(log.lines[0].id).toBe(log.forgotten);
  });

  it('bounds one long line and all characters', () => {
    const log = new ConsoleLog({ lines: 100, width: 10, total: 60 });
    log.write('stdout', 'x'.repeat(1000));
    expect(log.lines[0].text.length).toBeLessThan(25);
    for (let i = 0; i < 50; i++) log.write('stdout', `\nline ${i}`);
    expect(log.text().length).toBeLessThan(90);
    expect(log.lines.at(-1)!.text).toBe('line 49');
  });

  it('goes on after the unfinished line itself was dropped', () => {
    const log = new ConsoleLog({ lines: 10, width: 100, total: 1000 });
    log.write('stderr', 'open');
    for (let i = 0; i < 30; i++) log.write('stdout', `${i}\n`);
    log.write('stderr', ' end\n');
    expect(log.lines.at(-1)!.text).toBe('open end');
  });
});
