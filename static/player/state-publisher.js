/** Publishes the player's state when it changes: at most ten times a second, always the last. */

import { differs } from "../protocol/player-state.js";
import { INTERVAL, Throttle } from "../events/throttle.js";

/**
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
 */

export class StatePublisher {
  #observe;
  #publish;
  #seq = 0;
  /** @type {PlayerState | null} */
  #published = null;
  /** somebody was told a state under a number that is not published yet */
  #told = false;
  /** @type {Throttle<void>} */
  #throttle;

  /**
   * @param {(seq: number) => PlayerState} observe return the state of this moment
   * @param {(state: PlayerState) => void} publish
   */
  constructor(observe, publish) {
    this.#observe = observe;
    this.#publish = publish;
    this.#throttle = new Throttle(INTERVAL, () => this.#publishChange());
  }

  /** Publish the state if it has changed. */
  touch() {
    this.#throttle.push();
  }

  /** Publish the state, whether it has changed or not: nobody may know it any more. */
  renew() {
    this.#published = null;
    this.#throttle.push();
    this.#throttle.flush();
  }

  /**
   * Return the present state for an answer, with the number under which it is or will be
   * published. Once an answer holds a number, that number is published, even if nothing has
   * changed by then.
   */
  current() {
    const state = this.#observe(this.#seq + 1);
    if (!this.#told && !differs(this.#published, state)) return { ...state, seq: this.#seq };
    this.#told = true;
    this.#throttle.push();
    return state;
  }

  #publishChange() {
    const state = this.#observe(this.#seq + 1);
    if (!this.#told && !differs(this.#published, state)) return;
    this.#told = false;
    this.#seq += 1;
    this.#published = state;
    this.#publish(state);
  }
}
