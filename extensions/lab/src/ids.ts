/** The identity of a fact, made where it was seen. */

/** A version 7 UUID (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits. */
export function uuid7(milliseconds: number, random: Uint8Array = randomBytes()): string {
  const bytes = new Uint8Array(random.slice(0, 16));
  let rest = milliseconds;
  for (let index = 5; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20)
  ].join('-');
}

function randomBytes(): Uint8Array {
  // `randomUUID` would need a secure page; a server on a plain http address is none
  return crypto.getRandomValues(new Uint8Array(16));
}
