/** Publishes the player's state when it changes: at most ten times a second, always the last. */

import { differs } from "./player_state.js";
import { Throttle } from "./throttle.js";

/** Milliseconds between two states. */
const INTERVAL = 100;

/**
 * @typedef {import("./player_state.js").PlayerState} PlayerState
 */

export class StatePublisher {
  /**
   * @param {(seq: number) => PlayerState} observe return the state of this moment
   * @param {(state: PlayerState) => void} publish
   */
  constructor(observe, publish) {
    /** @private */
    this._observe = observe;
    /** @private */
    this._publish = publish;
    /** @private */
    this._seq = 0;
    /** @private @type {PlayerState | null} */
    this._published = null;
    /** @private @type {Throttle<void>} */
    this._throttle = new Throttle(INTERVAL, () => this._publishChange());
  }

  /** Publish the state if it has changed. */
  touch() {
    this._throttle.push();
  }

  /** Publish the state, whether it has changed or not: nobody may know it any more. */
  renew() {
    this._published = null;
    this._throttle.push();
    this._throttle.flush();
  }

  /** Return the state of this moment, with the number under which it is or will be published. */
  current() {
    const state = this._observe(this._seq);
    return differs(this._published, state) ? { ...state, seq: this._seq + 1 } : state;
  }

  /** @private */
  _publishChange() {
    const state = this._observe(this._seq + 1);
    if (!differs(this._published, state)) return;
    this._seq += 1;
    this._published = state;
    this._publish(state);
  }
}
