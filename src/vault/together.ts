/**
 * Lets all who ask the same in one turn of the program share one answer. Nobody joins once the work has begun: who
 * asks after having written sees what was written.
 */
export function together<T>(work: (owner: string, id: string) => Promise<T>) {
  const waiting = new Map<string, Promise<T>>();
  return (owner: string, id: string): Promise<T> => {
    const key = `${owner}\0${id}`;
    const known = waiting.get(key);
    if (known) return known;
    const shared = Promise.resolve().then(() => {
      waiting.delete(key);
      return work(owner, id);
    });
    waiting.set(key, shared);
    return shared;
  };
}
