/**
 * Reads a Java properties file, such as the `config.properties` of the classic OAuth walk: `=` or `:`
 * separates, `\` escapes and continues lines, `#` and `!` begin comments.
 *
 * @see https://docs.oracle.com/javase/8/docs/api/java/util/Properties.html#load-java.io.Reader-
 */
export function parseProperties(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const line of logicalLines(text)) {
    const { key, value } = split(line);
    if (key !== "") out[unescaped(key)] = unescaped(value);
  }
  return out;
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open = "";
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, "");
    if (open === "" && (line === "" || line[0] === "#" || line[0] === "!")) continue;
    const trailing = /\\*$/.exec(line)?.[0].length ?? 0;
    if (trailing % 2 === 1) {
      open += line.slice(0, -1);
      continue;
    }
    lines.push(open + line);
    open = "";
  }
  if (open !== "") lines.push(open);
  return lines;
}

function split(line: string): { key: string; value: string } {
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (c === "\\") {
      i++;
      continue;
    }
    if (c !== "=" && c !== ":" && !/[ \t\f]/.test(c)) continue;
    const rest = line.slice(i).replace(/^[ \t\f]*[=:]?[ \t\f]*/, "");
    return { key: line.slice(0, i), value: rest };
  }
  return { key: line, value: "" };
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

function unescaped(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, name: string) =>
    name.length === 5 ? String.fromCharCode(Number.parseInt(name.slice(1), 16)) : (ESCAPES[name] ?? name),
  );
}
