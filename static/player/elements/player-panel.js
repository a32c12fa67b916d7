import { NAME } from "../../protocol/ranges.js";
import { ChoiceRow } from "../../elements/choices/choice-row.js";
import { rateOptions, sizeOptions, trackOptions } from "../../elements/choices/options.js";
import { DelayRow } from "../../elements/choices/delay-row.js";
import { defineOnce } from "../../elements/define.js";
import { build, fill, flag } from "../../elements/dom.js";
import { SettingsClosed } from "../../events/player-controls.js";
import { SleepChoice } from "../../elements/choices/sleep-choice.js";
import { TextForm } from "../../elements/text-form.js";
import { ViewElement } from "../../elements/view-element.js";
import { VisitorList } from "./visitor-list.js";

/**
 * @typedef {import("../../i18n/translate.js").Translate} Translate
 */

/** The form of a new player's code; the dash is optional. */
const CODE = "\\s*[0-9]{3}[ \\-]?[0-9]{3}\\s*";

/** The player's settings and its connected devices. */
export class PlayerPanel extends ViewElement {
  #visitors;
  /** @type {ChoiceRow<string | null>} */
  #subtitles;
  /** @type {ChoiceRow<number>} */
  #size;
  #delay;
  /** @type {ChoiceRow<string | null>} */
  #audio;
  /** @type {ChoiceRow<number>} */
  #rate;
  #sleep;
  #name;
  #newcomer;

  /**
   * @param {Translate} translate
   * @param {import("./visitor-list.js").Doorkeeper} doorkeeper
   * @param {(error: unknown) => void} tell
   */
  constructor(translate, doorkeeper, tell) {
    super();
    this._translate = translate;
    this.#visitors = new VisitorList(translate, doorkeeper, tell);
    const ask = (/** @type {string} */ procedure) => (/** @type {object} */ parameters) =>
      void this._request(procedure, { ...parameters });
    this.#subtitles = new ChoiceRow(translate("more.subtitles"), (track) =>
      ask("subtitles")({ track }),
    );
    this.#size = new ChoiceRow(translate("more.subtitle_size"), (percent) =>
      ask("subtitles/size")({ percent }),
    );
    this.#delay = new DelayRow(translate, (seconds) =>
      this._request("subtitles/delay", { seconds }),
    );
    this.#audio = new ChoiceRow(translate("more.audio"), (track) => ask("audio")({ track }));
    this.#rate = new ChoiceRow(translate("more.rate"), (factor) => ask("rate")({ factor }));
    this.#sleep = new SleepChoice(translate, ask("sleep"));
    this.#name = new TextForm(
      translate("more.name"),
      translate("more.rename"),
      (name) => this._request("rename", { name }),
      { keep: true, attributes: { maxlength: String(NAME.most) } },
    );
    this.#newcomer = new TextForm(
      translate("player.let_in"),
      translate("player.let_in_do"),
      (code) =>
        doorkeeper.letIn(code).then(
          () => true,
          (error) => {
            tell(error);
            return false;
          },
        ),
      { attributes: { maxlength: "20", inputmode: "numeric", pattern: CODE } },
    );
  }

  /** @override @param {Translate} translate */
  mount(translate) {
    super.mount(translate);
    this.setAttribute("role", "dialog");
    this.setAttribute("aria-label", translate("player.settings"));
    const close = build("button", { type: "button" }, translate("player.close"));
    close.addEventListener("click", () => this.close());
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    fill(
      this,
      build("div", { class: "head" }, build("h2", {}, translate("player.settings")), close),
      this.#name.element,
      this.#subtitles.element,
      this.#size.element,
      this.#delay.element,
      this.#audio.element,
      this.#rate.element,
      this.#sleep.element,
      build("h3", {}, translate("player.connected")),
      this.#visitors.element,
      this.#newcomer.element,
      build("p", { class: "hint" }, translate("more.keys")),
    );
    flag(this, "hidden", true);
  }

  get isOpen() {
    return !this.hasAttribute("hidden");
  }

  open() {
    flag(this, "hidden", false);
    this.#visitors.start();
    this.#sleep.start();
    const first = this.querySelector("button");
    first?.focus({ preventScroll: true });
  }

  /** Close it and dispatch `SettingsClosed`. */
  close() {
    flag(this, "hidden", true);
    this.#visitors.stop();
    this.#sleep.stop();
    this.dispatchEvent(new SettingsClosed());
  }

  /** @override @param {import("../../elements/view-element.js").View} view */
  show({ state }) {
    if (!state) return;
    const can = (/** @type {string} */ procedure) => state.can.includes(procedure);
    const off = { value: null, text: this._translate("more.off") };
    this.#subtitles.show(
      [off, ...trackOptions(state.subtitles.tracks, this._translate)],
      state.subtitles.active,
      can("subtitles"),
    );
    this.#size.show(sizeOptions(this._translate), state.subtitles.size, can("subtitles"));
    this.#delay.show(state.subtitles.delay, can("subtitles/delay"));
    const sounds = trackOptions(state.audio.tracks, this._translate);
    this.#audio.show(sounds, state.audio.active, can("audio"));
    this.#rate.show(rateOptions(), state.rate, can("rate"));
    this.#sleep.show(state);
    this.#name.show(state.name);
  }
}

/**
 * Return the panel, built and closed.
 * @param {Translate} translate
 * @param {import("./visitor-list.js").Doorkeeper} doorkeeper
 * @param {(error: unknown) => void} tell
 */
export function create(translate, doorkeeper, tell) {
  defineOnce("player-panel", PlayerPanel);
  const panel = new PlayerPanel(translate, doorkeeper, tell);
  panel.mount(translate);
  return panel;
}
