import { ChoiceRow } from "./choice-row.js";

/** Minutes. */
const CHOICES = [15, 30, 45, 60, 90];
/** Milliseconds between two updates of the remaining time. */
const INTERVAL = 10000;

/**
 * @typedef {import("../../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {import("../../i18n/translate.js").Translate} Translate
 */

/** Chooses when the player pauses, and shows the remaining time. */
export class SleepChoice {
  #translate;
  /** @type {PlayerState | null} */
  #state = null;
  /** when that was received, in seconds on this clock */
  #heardAt = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer = undefined;
  /** @type {ChoiceRow<number>} */
  #row;

  /**
   * @param {Translate} translate
   * @param {(parameters: { minutes: number }) => void} ask
   */
  constructor(translate, ask) {
    this.#translate = translate;
    this.#row = new ChoiceRow(translate("more.sleep"), (minutes) => ask({ minutes }));
    this.element = this.#row.element;
  }

  /** Count down while it is visible. */
  start() {
    this.stop();
    this.#timer = setInterval(() => this.#draw(), INTERVAL);
    this.#draw();
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** @param {PlayerState} state */
  show(state) {
    if (!this.#state || state.reported_at !== this.#state.reported_at) {
      this.#heardAt = Date.now() / 1000;
    }
    this.#state = state;
    this.#draw();
  }

  #draw() {
    if (!this.#state) return;
    const { sleep_at, reported_at, can } = this.#state;
    // both times are from the player's clock, which may differ from this one
    const gone = Date.now() / 1000 - this.#heardAt;
    const minutes = sleep_at ? Math.max(1, Math.ceil((sleep_at - reported_at - gone) / 60)) : 0;
    const options = [0, ...CHOICES].map((value) => ({
      value,
      text: value
        ? this.#translate("more.minutes", { minutes: value })
        : this.#translate("more.off"),
    }));
    const hint = minutes ? this.#translate("more.sleeps_in", { minutes }) : "";
    this.#row.show(options, minutes ? -1 : 0, can.includes("sleep"), hint);
  }
}
