import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { freePort } from "./ports.js";

/** A real broker (mosquitto) on a free port, over WebSocket, open to anybody. */
export class Broker {
  /**
   * @param {number} port of the WebSocket
   * @param {number} tcpPort mosquitto starts with no WebSocket alone
   */
  constructor(port, tcpPort) {
    this.port = port;
    this.tcpPort = tcpPort;
    this.url = `ws://127.0.0.1:${port}/mqtt`;
    this._folder = mkdtempSync(join(tmpdir(), "zapette-broker-"));
    /** @type {import("node:child_process").ChildProcess | null} */
    this._process = null;
  }

  static async create() {
    const broker = new Broker(await freePort(), await freePort());
    await broker.start();
    return broker;
  }

  async start() {
    const file = join(this._folder, "mosquitto.conf");
    const websocket = `listener ${this.port} 127.0.0.1\nprotocol websockets\n`;
    writeFileSync(
      file,
      `listener ${this.tcpPort} 127.0.0.1\n${websocket}allow_anonymous true\npersistence false\n`,
    );
    const path = `${process.env.PATH}:/usr/sbin`;
    // it ends with us, however we end
    this._process = spawn("setpriv", ["--pdeathsig", "TERM", "mosquitto", "-c", file], {
      env: { ...process.env, PATH: path },
      stdio: "ignore",
    });
    this._process.on("error", (error) => {
      throw error;
    });
    await until(() => answers(this.port), "mosquitto listens");
  }

  /** Kill it, so that nothing is said to anybody. */
  async kill() {
    const broker = this._process;
    if (!broker || broker.exitCode !== null || broker.signalCode !== null) return;
    const ended = new Promise((resolve) => broker.once("exit", resolve));
    broker.kill("SIGKILL");
    await ended;
  }

  async stop() {
    await this.kill();
    rmSync(this._folder, { recursive: true });
  }
}

/**
 * Resolve with the first true value of `condition`.
 * @template T
 * @param {() => T | Promise<T>} condition
 * @param {string} what
 * @param {number} [patience] milliseconds
 * @returns {Promise<T>}
 */
export async function until(condition, what, patience = 10_000) {
  const deadline = performance.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await delay(10);
  }
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function answers(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
