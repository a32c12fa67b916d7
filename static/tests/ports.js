import { readFileSync } from "node:fs";
import { createServer } from "node:net";

// In blocks, as tests/programs/ports.py says and takes them: the process that has the first port of a block
// bound has the others too, which are none that the system gives to outgoing connections.
const BLOCK = 64;

/** @type {number[]} */
const left = [];

/** Return a port that nobody listens on and that no other test is given. */
export async function freePort() {
  for (;;) {
    if (left.length === 0) left.push(...(await takeBlock()));
    const port = /** @type {number} */ (left.pop());
    const probe = await bind(port);
    if (probe) {
      await new Promise((resolve) => probe.close(resolve));
      return port;
    }
  }
}

/** Take a block of ports for this process, for as long as it runs. */
async function takeBlock() {
  const firsts = firstPorts(...outgoing());
  while (firsts.length > 0) {
    const [first] = firsts.splice(Math.floor(Math.random() * firsts.length), 1);
    const lock = await bind(first);
    if (lock) {
      lock.unref();
      return Array.from({ length: BLOCK - 1 }, (_, index) => first + 1 + index);
    }
  }
  throw new Error("other processes have all ports that tests may take");
}

/**
 * Return the first port of each block, given the range of outgoing connections.
 * @param {number} lowest
 * @param {number} highest
 */
function firstPorts(lowest, highest) {
  const below = blocks(Math.max(10_000, lowest - 12_000), lowest - BLOCK + 1);
  return below.length > 0 ? below : blocks(highest + 1, 65_536 - BLOCK + 1);
}

/**
 * @param {number} first
 * @param {number} end
 */
function blocks(first, end) {
  const count = Math.max(0, Math.ceil((end - first) / BLOCK));
  return Array.from({ length: count }, (_, index) => first + index * BLOCK);
}

/** @returns {[number, number]} */
function outgoing() {
  try {
    const text = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
    const [lowest, highest] = text.trim().split(/\s+/).map(Number);
    return [lowest, highest];
  } catch {
    return [32_768, 60_999];
  }
}

/**
 * Return a server that has the port on every address, null if another has it on one.
 * @param {number} port
 * @returns {Promise<import("node:net").Server | null>}
 */
function bind(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen({ port, host: "0.0.0.0" }, () => resolve(server));
  });
}
