/**
 * Reads a query into clauses: enough of JQL to know of every word what it does, and to refuse the rest.
 *
 * @see https://support.atlassian.com/jira-software-cloud/docs/use-advanced-search-with-jira-query-language-jql/
 */
export type Operand =
  | { readonly type: "value"; readonly text: string }
  | { readonly type: "list"; readonly items: readonly Operand[] }
  | { readonly type: "function"; readonly name: string; readonly args: readonly string[] }
  | { readonly type: "empty" };
export type Predicate = { readonly word: string; readonly operand: Operand };
export type Clause =
  | { readonly type: "and" | "or"; readonly parts: readonly Clause[] }
  | { readonly type: "not"; readonly part: Clause }
  | {
      readonly type: "term";
      readonly field: string;
      readonly operator: string;
      readonly operand: Operand | undefined;
      readonly predicates: readonly Predicate[];
    };
export type Order = { readonly field: string; readonly direction: "ASC" | "DESC" | undefined };
export type Query = { readonly where: Clause | undefined; readonly order: readonly Order[] };

type Token = { readonly type: "word" | "quoted" | "sign" | "end"; readonly text: string };
export class NotUnderstood extends Error {}

const LONGEST = 10_000;
const DEEPEST = 30;
const SIGNS = /^(!=|!~|>=|<=|&&|\|\||[=~<>(),!&|])/;
/** Characters of an unquoted word; brackets belong to `cf[10010]`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const WORD = /^[^\s"'\\(),=<>!~&|[\]{}*/%+^$#@?;`\u0000-\u001f]+(\[\d{1,10}\])?/;
const RESERVED =
  /^(and|or|not|in|is|was|changed|order|by|empty|null|asc|desc|after|before|on|during|from|to)$/i;
const PREDICATES = ["after", "before", "on", "during", "by", "from", "to"];

/** @throws NotUnderstood for anything that is not surely understood. */
export function readJql(text: string): Query {
  if (text.length > LONGEST) throw new NotUnderstood("is too long");
  return new Reader(tokens(text)).query();
}

function tokens(text: string): Token[] {
  const out: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const blank = /^[ \t\r\n]+/.exec(rest);
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    const quoted = /^"((?:[^"\\]|\\["'\\ tnr])*)"|^'((?:[^'\\]|\\["'\\ tnr])*)'/.exec(rest);
    const sign = SIGNS.exec(rest);
    const word = WORD.exec(rest);
    if (quoted !== null) out.push({ type: "quoted", text: unescaped(quoted[1] ?? quoted[2] ?? "") });
    else if (sign !== null) out.push({ type: "sign", text: sign[0] });
    else if (word !== null) out.push({ type: "word", text: word[0] });
    else throw new NotUnderstood("holds a character that must be quoted");
    at += (quoted ?? sign ?? word)![0].length;
  }
  return [...out, { type: "end", text: "" }];
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) => ({ t: "\t", n: "\n", r: "\r" })[letter] ?? letter);
}

class Reader {
  private readonly list: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(list: readonly Token[]) {
    this.list = list;
  }

  query(): Query {
    const where = this.is("order") || this.peek().type === "end" ? undefined : this.either();
    const order: Order[] = [];
    if (this.take("order")) {
      this.need("by");
      do {
        const field = this.name();
        const direction = this.take("asc") ? "ASC" : this.take("desc") ? "DESC" : undefined;
        order.push({ field, direction });
      } while (this.take(","));
    }
    if (this.peek().type !== "end") throw new NotUnderstood("goes on after its end");
    return { where, order };
  }

  private either(): Clause {
    const parts = [this.both()];
    while (this.take("or") || this.take("||") || this.take("|")) parts.push(this.both());
    return parts.length === 1 ? parts[0]! : { type: "or", parts };
  }

  private both(): Clause {
    const parts = [this.one()];
    while (this.take("and") || this.take("&&") || this.take("&")) parts.push(this.one());
    return parts.length === 1 ? parts[0]! : { type: "and", parts };
  }

  private one(): Clause {
    this.depth += 1;
    if (this.depth > DEEPEST) throw new NotUnderstood("is nested too deeply");
    const clause = this.inner();
    this.depth -= 1;
    return clause;
  }

  private inner(): Clause {
    if (this.take("not") || this.take("!")) return { type: "not", part: this.one() };
    if (!this.take("(")) return this.term();
    const clause = this.either();
    this.need(")");
    return clause;
  }

  private term(): Clause {
    const field = this.name();
    const operator = this.operator();
    const operand = operator === "changed" ? undefined : this.operandOf(operator);
    const predicates: Predicate[] = [];
    if (/^(was|changed)/.test(operator)) {
      for (let word = this.predicate(); word !== undefined; word = this.predicate()) {
        predicates.push({ word, operand: this.operandOf(word) });
      }
    }
    return { type: "term", field, operator, operand, predicates };
  }

  /** What each operator can have after it. */
  private operandOf(operator: string): Operand {
    const operand = this.operand(0);
    const list = operand.type === "list";
    const fits = /(^| )in$/.test(operator)
      ? list || operand.type === "function"
      : /^is/.test(operator)
        ? operand.type === "empty"
        : operator === "during"
          ? list && operand.items.length === 2
          : !list || ["from", "to", "by"].includes(operator);
    if (!fits) throw new NotUnderstood(`has something else than ${operator.toUpperCase()} can have`);
    return operand;
  }

  private predicate(): string | undefined {
    return PREDICATES.find((word) => this.take(word));
  }

  private operator(): string {
    for (const sign of ["=", "!=", "~", "!~", ">=", "<=", ">", "<"]) if (this.take(sign)) return sign;
    if (this.take("in")) return "in";
    if (this.take("not")) return this.need("in", "not in");
    if (this.take("is")) return this.take("not") ? "is not" : "is";
    if (this.take("changed")) return "changed";
    if (!this.take("was")) throw new NotUnderstood("has a field without an operator");
    if (this.take("not")) return this.take("in") ? "was not in" : "was not";
    return this.take("in") ? "was in" : "was";
  }

  private operand(depth: number): Operand {
    if (this.take("(")) {
      if (depth > 0) throw new NotUnderstood("has lists in lists");
      const items = [this.operand(depth + 1)];
      while (this.take(",")) items.push(this.operand(depth + 1));
      this.need(")");
      return { type: "list", items };
    }
    const token = this.next();
    if (token.type === "quoted") return { type: "value", text: token.text };
    if (token.type !== "word") throw new NotUnderstood("has an operator without a value");
    if (this.take("(")) return this.call(token.text);
    if (/^(empty|null)$/i.test(token.text)) return { type: "empty" };
    if (RESERVED.test(token.text)) throw new NotUnderstood("has a word of the language for a value");
    return { type: "value", text: token.text };
  }

  private call(name: string): Operand {
    const args: string[] = [];
    if (this.take(")")) return { type: "function", name, args };
    do {
      const token = this.next();
      if (token.type !== "word" && token.type !== "quoted")
        throw new NotUnderstood("has a function without its value");
      args.push(token.text);
    } while (this.take(","));
    this.need(")");
    return { type: "function", name, args };
  }

  private name(): string {
    const token = this.next();
    const reserved = token.type === "word" && RESERVED.test(token.text);
    if (token.type === "end" || token.type === "sign" || reserved) throw new NotUnderstood("lacks a field");
    return token.text;
  }

  private need(text: string, result = text): string {
    if (!this.take(text)) throw new NotUnderstood(`lacks ${JSON.stringify(text)}`);
    return result;
  }

  private take(text: string): boolean {
    const found = this.is(text);
    if (found) this.at += 1;
    return found;
  }

  /** Words count without regard to case, and only unquoted. */
  private is(text: string): boolean {
    const token = this.peek();
    return (token.type === "word" || token.type === "sign") && token.text.toLowerCase() === text;
  }

  private next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  private peek(): Token {
    return this.list[this.at] ?? { type: "end", text: "" };
  }
}
