import { ENTRIES } from "../protocol/ranges.js";

/**
 * Return the wanted number of entries, or all there are; one answer of the server may have fewer.
 *
 * @param {(query: import("./library.js").Query) => Promise<import("./library.js").Listing>} list
 * @param {import("./library.js").Query} query
 * @param {number} offset
 * @param {number} count
 */
export async function listPages(list, query, offset, count) {
  const listing = await list({ ...query, offset, limit: Math.min(count, ENTRIES.most) });
  const { entries } = listing;
  while (entries.length > 0 && entries.length < Math.min(count, listing.total - offset)) {
    const limit = Math.min(count - entries.length, ENTRIES.most);
    const further = await list({ ...query, offset: offset + entries.length, limit });
    if (further.entries.length === 0) break;
    entries.push(...further.entries);
  }
  return listing;
}
