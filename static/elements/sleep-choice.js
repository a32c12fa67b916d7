import { ChoiceRow } from "./choice-row.js";

/** Minutes. */
const CHOICES = [15, 30, 45, 60, 90];
/** Milliseconds between two looks at how long it is until then. */
const INTERVAL = 10000;

/**
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {import("../i18n/translate.js").Translate} Translate
 */

/** When the player is to pause, and how long that is from now. */
export class SleepChoice {
  /**
   * @param {Translate} translate
   * @param {(parameters: { minutes: number }) => void} ask
   */
  constructor(translate, ask) {
    /** @private */
    this._translate = translate;
    /** @private @type {PlayerState | null} */
    this._state = null;
    /** @private when that was heard of, in seconds on this clock */
    this._heardAt = 0;
    /** @private @type {ReturnType<typeof setInterval> | undefined} */
    this._timer = undefined;
    /** @private @type {ChoiceRow<number>} */
    this._row = new ChoiceRow(translate("more.sleep"), (minutes) => ask({ minutes }));
    this.element = this._row.element;
  }

  /** Count on, as long as it can be seen. */
  start() {
    this.stop();
    this._timer = setInterval(() => this._draw(), INTERVAL);
    this._draw();
  }

  stop() {
    clearInterval(this._timer);
  }

  /** @param {PlayerState} state */
  show(state) {
    if (!this._state || state.reported_at !== this._state.reported_at) {
      this._heardAt = Date.now() / 1000;
    }
    this._state = state;
    this._draw();
  }

  /** @private */
  _draw() {
    if (!this._state) return;
    const { sleep_at, reported_at, can } = this._state;
    // Both times are by the player's clock, which need not agree with this one.
    const gone = Date.now() / 1000 - this._heardAt;
    const minutes = sleep_at ? Math.max(1, Math.ceil((sleep_at - reported_at - gone) / 60)) : 0;
    const options = [0, ...CHOICES].map((value) => ({
      value,
      text: value
        ? this._translate("more.minutes", { minutes: value })
        : this._translate("more.off"),
    }));
    const hint = minutes ? this._translate("more.sleeps_in", { minutes }) : "";
    this._row.show(options, minutes ? -1 : 0, can.includes("sleep"), hint);
  }
}
