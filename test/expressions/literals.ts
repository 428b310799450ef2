/** A regular expression as it stands in a source file. */
export interface Literal {
  source: string
  flags: string
  line: number
}

/** After these an expression begins; after anything else a slash divides. */
const BEFORE_VALUE = /(?:^|[([{},;:=!&|?+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|throw|await|yield))$/

/** The character classes of the expression hide slashes. */
const LITERAL = /\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/([dgimsuvy]*)/y
const COMMENT = /\/\/.*|\/\*[\s\S]*?\*\//y
const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y

/** Every regular expression of a file in TypeScript, by reading its comments, strings, templates and slashes. */
export function literalsIn(code: string): Literal[] {
  const found: Literal[] = []
  /** Braces that are open in each `${` of a template. */
  const templates: number[] = []
  /** What comes before, without comments: enough to tell a value from an operator. */
  let before = ''
  let at = 0
  const matched = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at
    return expression.exec(code)
  }
  const inTemplate = (): void => {
    while (at < code.length && code[at] !== '`' && !code.startsWith('${', at)) at += code[at] === '\\' ? 2 : 1
    if (code[at] === '`') at += 1
    else {
      at += 2
      templates.push(0)
    }
  }
  while (at < code.length) {
    const char = code[at] ?? ''
    const depth = templates.at(-1)
    const comment = matched(COMMENT)
    const text = comment ? null : matched(STRING)
    const literal = comment || text || !BEFORE_VALUE.test(before) ? null : matched(LITERAL)
    if (comment) at += comment[0].length
    else if (text) {
      at += text[0].length
      before = 'x'
    } else if (literal) {
      const [{ length }, source = '', flags = ''] = literal
      found.push({ source, flags, line: code.slice(0, at).split('\n').length })
      at += length
      before = 'x'
    } else if (char === '`') {
      at += 1
      inTemplate()
      before = code[at - 1] === '`' ? 'x' : '('
    } else if (char === '}' && depth === 0) {
      templates.pop()
      at += 1
      inTemplate()
      before = code[at - 1] === '`' ? 'x' : '('
    } else {
      if (depth !== undefined && (char === '{' || char === '}'))
        templates[templates.length - 1] = depth + (char === '{' ? 1 : -1)
      if (/\S/.test(char))
        before = /[\w$]/.test(char) && /[\w$]$/.test(code.slice(at - 1, at)) ? before.slice(-20) + char : char
      at += 1
    }
  }
  return found
}
