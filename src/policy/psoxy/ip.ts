/** Network addresses in one writing each: IPv6 in eight groups of lower hex, IPv4 inside IPv6 as IPv4. */

export function ipOf(text: string): string | undefined {
  const four = ipv4(text);
  if (four) return four.join(".");
  const groups = ipv6(text);
  if (!groups) return undefined;
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join(".");
  return groups.map((group) => group.toString(16)).join(":");
}

function ipv4(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.map(Number);
}

function ipv6(text: string): number[] | undefined {
  if (text.length > 45 || !/^[0-9a-fA-F:.]+$/.test(text) || text.includes(":::")) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => groupsOf(half ?? ""));
  if (!head || (halves.length === 2 && !tail)) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail!.length;
  return missing < 1 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail!];
}

function groupsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const out: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    const four = i === parts.length - 1 ? ipv4(part) : undefined;
    if (four) out.push((four[0]! << 8) | four[1]!, (four[2]! << 8) | four[3]!);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) out.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return out;
}
