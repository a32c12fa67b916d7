/** What the transport takes from a browser, for the versions of Node that lack it. */

import { WebSocket } from "ws";

const missing = Object.entries({ WebSocket }).filter(([name]) => !(name in globalThis));
for (const [name, value] of missing) Object.defineProperty(globalThis, name, { value });
