import { formatFactor } from "../../i18n/format.js";
import { NAME, RATES, SUBTITLE_SIZES } from "../../protocol/ranges.js";
import { labelOf } from "../../media/subtitle-kinds.js";
import { defineOnce } from "../../elements/define.js";
import { ChoiceRow } from "../../elements/choice-row.js";
import { CodeEntry } from "./code-entry.js";
import { build, fill, flag } from "../../elements/dom.js";
import { PlayerList } from "./player-list.js";
import { SleepChoice } from "../../elements/sleep-choice.js";
import { TextForm } from "../../elements/text-form.js";
import { ViewElement } from "../../elements/view.js";

const SHOWN_FOR = 8;

/**
 * @typedef {import("../../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {import("../views.js").Surroundings} Surroundings
 * @typedef {import("../../i18n/translate.js").Translate} Translate
 */

/** What is used less often, and the players that this phone knows. */
export class MoreView extends ViewElement {
  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    super();
    const { translate } = surroundings;
    this._translate = translate;
    /** @private @type {ChoiceRow<number>} */
    this._rate = new ChoiceRow(translate("more.rate"), (factor) => this._ask("rate", { factor }));
    /** @private @type {ChoiceRow<string | null>} */
    this._subtitles = new ChoiceRow(translate("more.subtitles"), (track) =>
      this._ask("subtitles", { track }),
    );
    /** @private @type {ChoiceRow<number>} */
    this._size = new ChoiceRow(translate("more.subtitle_size"), (percent) =>
      this._ask("subtitles/size", { percent }),
    );
    /** @private @type {ChoiceRow<string | null>} */
    this._audio = new ChoiceRow(translate("more.audio"), (track) => this._ask("audio", { track }));
    /** @private */
    this._sleep = new SleepChoice(translate, (parameters) => this._ask("sleep", parameters));
    /** @private @type {ChoiceRow<boolean>} */
    this._fullscreen = new ChoiceRow(translate("control.fullscreen"), (on) =>
      this._ask("fullscreen", { on }),
    );
    /** @private */
    this._message = new TextForm(
      translate("more.message"),
      translate("more.send"),
      (text) => this._request("message", { text, seconds: SHOWN_FOR }),
      { attributes: { maxlength: "200" } },
    );
    /** @private */
    this._name = new TextForm(
      translate("more.name"),
      translate("more.rename"),
      (name) => this._request("rename", { name }),
      { keep: true, attributes: { maxlength: String(NAME.most) } },
    );
    /** @private */
    this._players = new PlayerList(surroundings);
    /** @private */
    this._code = new CodeEntry(translate, surroundings.api);
  }

  /** @override @param {Translate} translate */
  mount(translate) {
    super.mount(translate);
    /** @private */
    this._ways = section(
      translate("more.playback"),
      this._rate.element,
      this._subtitles.element,
      this._size.element,
      this._audio.element,
      this._fullscreen.element,
      this._sleep.element,
    );
    /** @private */
    this._screen = section(translate("more.screen"), this._message.element, this._name.element);
    fill(
      this,
      build("h2", {}, translate("view.more")),
      this._ways,
      this._screen,
      section(translate("more.players"), this._players.element, this._code.element),
      build("p", { class: "hint keys" }, translate("more.keys")),
    );
  }

  connectedCallback() {
    this._players.start();
    this._sleep.start();
  }

  disconnectedCallback() {
    this._players.stop();
    this._sleep.stop();
  }

  /** @override @param {import("../../elements/view.js").View} view */
  show(view) {
    const { state } = view;
    this._players.show(view);
    if (!state) return;
    const can = (/** @type {string} */ procedure) => state.can.includes(procedure);
    const { lang } = document.documentElement;
    const rates = RATES.map((value) => ({ value, text: formatFactor(value, lang) }));
    this._rate.show(rates, state.rate, can("rate"));
    const { subtitles, audio } = state;
    const texts = tracksOf(subtitles, this._translate);
    const sounds = tracksOf(audio, this._translate);
    this._subtitles.show(
      [{ value: null, text: this._translate("more.off") }, ...texts],
      subtitles ? subtitles.active : null,
      can("subtitles") && texts.length > 0,
    );
    const sizes = SUBTITLE_SIZES.map((value) => ({
      value,
      text: this._translate("control.percent", { level: value }),
    }));
    this._size.show(
      sizes,
      subtitles ? subtitles.size : 100,
      can("subtitles/size") && texts.length > 0,
    );
    this._audio.show(sounds, audio ? audio.active : null, can("audio") && sounds.length > 1);
    const ways = [true, false].map((value) => ({
      value,
      text: this._translate(value ? "more.on" : "more.off"),
    }));
    this._fullscreen.show(ways, state.fullscreen, can("fullscreen"));
    this._sleep.show(state);
    this._message.enable(can("message"));
    this._name.enable(can("rename"));
    this._name.show(state.name);
    for (const part of [this._ways, this._screen]) if (part) hideIfEmpty(part);
  }

  /**
   * @private
   * @param {string} procedure
   * @param {Record<string, unknown>} parameters
   */
  _ask(procedure, parameters) {
    void this._request(procedure, parameters);
  }
}

/**
 * @param {PlayerState["audio"] | undefined} kind
 * @param {Translate} translate
 */
function tracksOf(kind, translate) {
  const tracks = (kind && kind.tracks) || [];
  return tracks.map((track) => ({ value: track.id, text: labelOf(track, translate) }));
}

/**
 * @param {string} title
 * @param {...HTMLElement} parts
 */
function section(title, ...parts) {
  return build("section", { class: "card" }, build("h2", {}, title), ...parts);
}

/** @param {HTMLElement} part */
function hideIfEmpty(part) {
  const inner = Array.from(part.children).slice(1);
  flag(
    part,
    "hidden",
    inner.every((it) => it.hasAttribute("hidden")),
  );
}

/**
 * Return the view, built.
 * @param {Surroundings} surroundings
 */
export function create(surroundings) {
  defineOnce("more-view", MoreView);
  const view = new MoreView(surroundings);
  view.mount(surroundings.translate);
  return view;
}
