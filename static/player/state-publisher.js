/** Publishes the player's state when it changes: at most ten times a second, always the last. */

import { differs } from "../protocol/player-state.js";
import { INTERVAL, Throttle } from "../events/throttle.js";

/**
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
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
    /** @private somebody was told a state under a number that is not published yet */
    this._told = false;
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

  /**
   * Return the state of this moment, to be told to others, with the number under which it is or will
   * be published. Once it is told that number is published, even if all is as it was before by then.
   */
  current() {
    const state = this._observe(this._seq + 1);
    if (!this._told && !differs(this._published, state)) return { ...state, seq: this._seq };
    this._told = true;
    this._throttle.push();
    return state;
  }

  /** @private */
  _publishChange() {
    const state = this._observe(this._seq + 1);
    if (!this._told && !differs(this._published, state)) return;
    this._told = false;
    this._seq += 1;
    this._published = state;
    this._publish(state);
  }
}
