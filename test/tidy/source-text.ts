// What the rules look at: a file as text, the same text with comments and string contents blanked out, and the files it imports.
// Blanking keeps every offset, so that a place found in the code can be read in the text.

export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface ImportedFile {
  readonly specifier: string;
  readonly line: number;
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

/** Layer of a file: `core`, `ports`, ..., `adapters/x`, or `main` for src/main.ts. Null outside src. */
export function layerOf(path: string): string | null {
  const parts = path.split('/');
  if (parts[0] !== 'src') return null;
  if (parts.length === 2) return (parts[1] as string).replace(/\.ts$/, '');
  return parts[1] === 'adapters' ? `adapters/${parts[2] ?? ''}` : (parts[1] as string);
}

const REGEX_MAY_FOLLOW = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield))\s*$/;

/** The text with comments, string contents and regular expressions replaced by spaces; quotes, line ends and `${}` code stay. */
export function codeOf(text: string): string {
  const out = text.split('');
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to && i < out.length; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  const templates: number[] = []; // open braces inside each `${`
  let at = 0;
  while (at < text.length) {
    const char = text[at] as string;
    const two = text.slice(at, at + 2);
    if (two === '//' || two === '/*') {
      const end = endOf(text, at + 2, two === '//' ? '\n' : '*/');
      blank(at, end);
      at = end;
    } else if (char === "'" || char === '"') {
      const end = endOfQuoted(text, at + 1, char);
      blank(at + 1, end);
      at = end + 1;
    } else if (char === '`' || (char === '}' && templates.at(-1) === 0)) {
      if (char === '}') templates.pop();
      const end = endOfTemplate(text, at + 1);
      blank(at + 1, end);
      if (text[end] === '$') templates.push(0);
      at = end + (text[end] === '$' ? 2 : 1);
    } else if (char === '/' && REGEX_MAY_FOLLOW.test(out.slice(Math.max(0, at - 12), at).join(''))) {
      const end = endOfRegex(text, at + 1);
      blank(at + 1, end);
      at = end + 1;
    } else {
      if (templates.length > 0 && (char === '{' || char === '}')) templates[templates.length - 1]! += char === '{' ? 1 : -1;
      at++;
    }
  }
  return out.join('');
}

function endOf(text: string, from: number, mark: string): number {
  const found = text.indexOf(mark, from);
  if (found < 0) return text.length;
  return mark === '\n' ? found : found + mark.length;
}

function endOfQuoted(text: string, from: number, quote: string): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote || text[i] === '\n') return i;
  }
  return text.length;
}

/** The closing backtick, or the `$` of the next `${`. */
function endOfTemplate(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '`' || (text[i] === '$' && text[i + 1] === '{')) return i;
  }
  return text.length;
}

function endOfRegex(text: string, from: number): number {
  let inClass = false;
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === '\\') i++;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if ((char === '/' && !inClass) || char === '\n') return i;
  }
  return text.length;
}

/** What may stand before the quote of an imported file's name: import, export ... from, import(), new URL(). */
const IMPORTS = [
  /\b(?:import|export)\b[^'"`;]*?\bfrom\s*(['"`])/g,
  /\bimport\s*\(\s*(['"`])/g,
  /(?:^|[;\n])\s*import\s*(['"])/g,
  /\bnew\s+URL\s*\(\s*(['"`])/g,
];

/** Every file or package that a file names: values and types, static, dynamic and as the file of a worker. */
export function importsOf({ text }: SourceFile): ImportedFile[] {
  const code = codeOf(text);
  const found: ImportedFile[] = [];
  for (const [kind, pattern] of IMPORTS.entries()) {
    for (const match of code.matchAll(pattern)) {
      const start = match.index + match[0].length;
      const specifier = text.slice(start, endOfQuoted(text, start, match[1] as string));
      const isUrl = kind === 3;
      if (isUrl && !/^\.{1,2}\/.*\.ts$/.test(specifier)) continue; // an address or a data file
      found.push({ specifier, line: lineAt(text, match.index + match[0].length) });
    }
  }
  return found;
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
