/** The browser's storage, or a stand-in that lives as long as the page where the browser forbids it. */
export function browserStorage(): Storage {
  try {
    const probe = 'course-kit:probe';
    window.localStorage.setItem(probe, '');
    window.localStorage.removeItem(probe);
    return window.localStorage;
  } catch {
    return new PageStorage();
  }
}

class PageStorage implements Storage {
  [name: string]: unknown;

  get length(): number {
    return this.items.size;
  }

  clear(): void {
    this.items.clear();
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }

  private readonly items = new Map<string, string>();
}
