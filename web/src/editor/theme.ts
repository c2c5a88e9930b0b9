/** The editor in the page's tokens: one theme for light and dark, since the variables change. */

import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const view = EditorView.theme({
  '&': { height: '100%', color: 'var(--text-1)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { font: 'var(--type-code) var(--font-mono)', overflow: 'auto' },
  '.cm-content': { padding: '6px 0 40vh', caretColor: 'var(--text-1)' },
  '.cm-line': { padding: '0 14px 0 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text-1)', borderLeftWidth: '1.5px' },
  '.cm-gutters': { background: 'var(--surface-1)', border: '0', color: 'var(--text-3)' },
  '.cm-lineNumbers': { fontSize: '11px' },
  '.cm-lineNumbers .cm-gutterElement': {
    minWidth: '20px',
    padding: '0 7px 0 0',
    cursor: 'pointer',
  },
  '.cm-lineNumbers .cm-gutterElement:hover': { color: 'var(--text-1)' },
  '.cm-signs': { width: '28px' },
  '.cm-signs .cm-gutterElement': { display: 'grid', placeItems: 'center', color: 'var(--error)' },
  '.cm-sign-error': { display: 'grid' },
  '.cm-heat': { width: '14px' },
  '.cm-heat .cm-gutterElement': { display: 'flex' },
  '.cm-heat-mark': { width: '4px', height: '100%', background: 'var(--heat)' },
  '.cm-heat-zero': { background: 'none', boxShadow: 'inset 0 0 0 1px var(--line-3)' },
  '.cm-heat-nonfinite': { background: 'var(--grad-nonfinite-hatch)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLineGutter': { color: 'var(--text-1)' },
  '.cm-gutterElement.cm-current, .cm-gutterElement.cm-linked': { color: 'var(--text-1)' },
  '.cm-gutterElement.cm-failed': { color: 'var(--error)' },
  '.cm-current': { backgroundColor: 'var(--hover)' },
  '.cm-linked': { backgroundColor: 'var(--accent-soft)' },
  '.cm-linked-call': { boxShadow: '0 1px 0 var(--accent)' },
  '.cm-linked-range': { boxShadow: '0 0 0 1px var(--accent)', borderRadius: '2px' },
  '.cm-failed': { backgroundColor: 'var(--error-soft)' },
  '.cm-failed-range': { boxShadow: 'inset 0 -2px 0 var(--error)' },
  // Beside the gutters and the code stands as much of a hint as there is room for; in less than a
  // few letters it would only be dots.
  '.cm-hint-place': {
    '--room': 'calc(100cqw - var(--gutters, 76px) - 34px - var(--columns) * 1ch)',
    display: 'inline-block',
    maxWidth: 'clamp(0px, (var(--room) - 48px) * 1000, max(0px, var(--room)))',
    height: '18px',
    marginLeft: '18px',
    overflow: 'hidden',
    verticalAlign: 'bottom',
    textOverflow: 'ellipsis',
    whiteSpace: 'pre',
    color: 'var(--text-3)',
    cursor: 'default',
  },
  '.cm-hint': { color: 'var(--text-3)', fontSize: '11px' },
  '.cm-hint b': { fontWeight: '400', color: 'var(--text-2)' },
  '.cm-hint-stale, .cm-hint-stale b': { color: 'var(--text-3)', fontStyle: 'italic' },
  // Padding around the card, not a margin: the editor measures boxes, and margins are outside.
  // It is as wide as what is in view, however long the longest line is, and stays there.
  '.cm-error-place': {
    position: 'sticky',
    left: '68px',
    boxSizing: 'border-box',
    width: 'min(700px, 100cqw - 76px)',
    padding: '3px 8px 5px 0',
  },
  '.cm-error-card': {
    padding: '7px 10px 8px',
    border: '1px solid var(--error)',
    borderRadius: 'var(--radius-2)',
    background: 'var(--surface-2)',
    font: 'var(--type-body) var(--font-ui)',
    color: 'var(--text-1)',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  },
  '.cm-error-card p': { margin: '0' },
  '.cm-error-sentence': { fontWeight: '600' },
  '.cm-error-detail': {
    color: 'var(--text-2)',
    fontSize: '11.5px',
    lineHeight: '16px',
    marginTop: '3px',
  },
  '.cm-error-operands': {
    listStyle: 'none',
    margin: '4px 0 0',
    padding: '0',
    color: 'var(--text-2)',
    fontSize: '11.5px',
    lineHeight: '17px',
  },
  '.cm-error-operands code': {
    fontFamily: 'var(--font-mono)',
    fontSize: '11px',
    color: 'var(--text-1)',
  },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 28%, transparent) !important',
  },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in srgb, var(--accent) 14%, transparent)' },
  '&.cm-focused .cm-matchingBracket': {
    backgroundColor: 'transparent',
    boxShadow: 'inset 0 0 0 1px var(--line-3)',
    borderRadius: '2px',
  },
  '.cm-nonmatchingBracket': { color: 'var(--error)' },
  '.cm-tooltip': {
    background: 'var(--surface-2)',
    border: '1px solid var(--line-2)',
    borderRadius: 'var(--radius-2)',
    boxShadow: 'var(--shadow-2)',
    color: 'var(--text-1)',
  },
  '.cm-tooltip-autocomplete > ul': { font: 'var(--type-code) var(--font-mono)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--accent-soft)',
    color: 'var(--text-1)',
  },
  '.cm-panels': {
    background: 'var(--surface-2)',
    color: 'var(--text-1)',
    borderColor: 'var(--line-1)',
  },
  '.cm-panel.cm-search': { font: 'var(--type-body) var(--font-ui)', padding: '6px 10px' },
  '.cm-panel.cm-search label': { fontSize: '11.5px' },
  '.cm-textfield': {
    background: 'var(--surface-1)',
    border: '1px solid var(--line-2)',
    borderRadius: 'var(--radius-1)',
    color: 'inherit',
  },
  '.cm-button': {
    background: 'var(--surface-2)',
    border: '1px solid var(--line-2)',
    borderRadius: 'var(--radius-1)',
    color: 'inherit',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--warning-soft)' },
  '.cm-searchMatch-selected': {
    backgroundColor: 'var(--warning-soft)',
    outline: '1px solid var(--warning)',
  },
});

const colours = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.operatorKeyword, tags.self, tags.bool, tags.null],
    color: 'var(--code-keyword)',
  },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  {
    tag: [
      tags.function(tags.variableName),
      tags.function(tags.propertyName),
      tags.function(tags.definition(tags.variableName)),
    ],
    color: 'var(--code-def)',
  },
  { tag: [tags.definition(tags.className), tags.className, tags.meta], color: 'var(--code-def)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--code-comment)' },
]);

export const editorTheme: Extension = [view, syntaxHighlighting(colours)];
