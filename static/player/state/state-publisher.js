/** Publishes the player's state when it changes: at most ten times a second, always the last. */

import { differs } from "../../protocol/player-state.js";
import { INTERVAL, Throttle } from "../../events/throttle.js";

/**
 * @typedef {import("../../protocol/player-state.js").PlayerState} PlayerState
 */

export class StatePublisher {
  #observe;
  #publish;
  #seq = 0;
  /** @type {PlayerState | null} */
  #published = null;
  /** an answer had a sequence number that is not published yet */
  #told = false;
  /** @type {Throttle<void>} */
  #throttle;

  /**
   * @param {(seq: number) => PlayerState} observe returns the present state
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

  /** Publish the state even if it has not changed, because the broker may have lost it. */
  renew() {
    this.#published = null;
    this.#throttle.push();
    this.#throttle.flush();
  }

  /**
   * Return the present state for an answer, with its sequence number. That number is then
   * published, even if nothing has changed by then.
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
