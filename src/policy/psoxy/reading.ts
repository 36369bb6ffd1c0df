/** Reads plain values and lists every mistake with its place. */
import type { Mistake } from "../rules.ts";

export type Members = Readonly<Record<string, unknown>>;

export class Reading {
  readonly mistakes: Mistake[] = [];

  wrong(path: string, what: string, fix: string): undefined {
    this.mistakes.push({ path: path === "" ? "(the rules)" : path, what, fix });
    return undefined;
  }

  /** The members of a thing; unknown names are told. */
  members(value: unknown, path: string, known: readonly string[]): Members | undefined {
    const members = this.thing(value, path);
    for (const name of Object.keys(members ?? {})) {
      if (!known.includes(name))
        this.wrong(below(path, name), "is not known here", `Remove it, or use one of: ${known.join(", ")}.`);
    }
    return members;
  }

  thing(value: unknown, path: string): Members | undefined {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Members;
    return this.wrong(path, "is not a thing with names", "Write names and values here.");
  }

  list<T>(
    value: unknown,
    path: string,
    read: (item: unknown, path: string) => T | undefined,
    most = 1000,
  ): T[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.wrong(path, "is not a list", "Write a list here.");
      return [];
    }
    if (value.length > most) {
      this.wrong(path, `holds ${value.length} items`, `Write at most ${most}.`);
      return [];
    }
    return value.flatMap((item: unknown, i) => {
      const found = read(item, `${path}[${i}]`);
      return found === undefined ? [] : [found];
    });
  }

  text(value: unknown, path: string): string | undefined {
    if (typeof value === "string") return value;
    return this.wrong(path, "is not a text", "Write a text here.");
  }

  flag(value: unknown, path: string): boolean {
    if (value === undefined || value === null) return false;
    if (typeof value === "boolean") return value;
    this.wrong(path, "is neither true nor false", "Write true or false.");
    return false;
  }

  oneOf<T extends string>(value: unknown, path: string, words: readonly T[]): T | undefined {
    const found = words.find((word) => word === value);
    return found ?? this.wrong(path, `is ${shown(value)}`, `Write one of: ${words.join(", ")}.`);
  }

  /** What a reader of its own makes of a text; what it throws is the mistake. */
  made<T>(value: unknown, path: string, make: (text: string) => T, fix: string): T | undefined {
    const text = this.text(value, path);
    if (text === undefined) return undefined;
    try {
      return make(text);
    } catch (error) {
      return this.wrong(path, error instanceof Error ? error.message : "cannot be read", fix);
    }
  }
}

export function below(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? "missing";
}
