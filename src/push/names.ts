/** How many steps of writing lie between two words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Names that somebody may have meant, the nearest first, at most five. */
export function nearTo(word: string, names: readonly string[]): string[] {
  const wanted = word.trim().toLowerCase().slice(0, 100);
  return names
    .map((name) => {
      const low = name.toLowerCase().slice(0, 100);
      const within = wanted.length > 2 && (low.includes(wanted) || wanted.includes(low));
      return { name, far: within ? 1 : distance(wanted, low) };
    })
    .filter(({ far }) => far <= Math.max(2, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.far - b.far)
    .slice(0, 5)
    .map(({ name }) => name);
}
