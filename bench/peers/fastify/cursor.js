// Keyset pages, newest first: the place of the last row shown, opaque to the client.

export function cursorOf(time, id) {
  return Buffer.from(`${time}|${id}`).toString('base64url');
}

// [time, id] to go on after; nulls at the first page.
export function placeAfter(cursor) {
  if (cursor === undefined) return [null, null];
  const [time, id] = Buffer.from(cursor, 'base64url').toString().split('|');
  return [time, id];
}
