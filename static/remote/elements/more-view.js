import { NAME } from "../../protocol/ranges.js";
import { DELIVERY_TEXTS, describeDelivery } from "../../i18n/delivery-texts.js";
import { defineOnce } from "../../elements/define.js";
import { ChoiceRow } from "../../elements/choices/choice-row.js";
import { rateOptions, sizeOptions, trackOptions } from "../../elements/choices/options.js";
import { DelayRow } from "../../elements/choices/delay-row.js";
import { CodeEntry } from "./code-entry.js";
import { ChapterRow } from "./chapter-row.js";
import { build, fill, flag } from "../../elements/dom.js";
import { PlayerList } from "./player-list.js";
import { SleepChoice } from "../../elements/choices/sleep-choice.js";
import { TextForm } from "../../elements/text-form.js";
import { ViewElement } from "../../elements/view-element.js";

const SHOWN_FOR = 8;

/**
 * @typedef {import("../../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {import("../navigation.js").Surroundings} Surroundings
 * @typedef {import("../../i18n/translate.js").Translate} Translate
 */

/** The less frequent controls, and the players that this phone knows. */
class MoreView extends ViewElement {
  /** @type {ChoiceRow<number>} */
  #rate;
  /** @type {ChoiceRow<string | null>} */
  #subtitles;
  /** @type {ChoiceRow<number>} */
  #size;
  #delay;
  /** @type {ChoiceRow<string | null>} */
  #audio;
  /** @type {ChoiceRow<string>} */
  #delivery;
  #chapters;
  #sleep;
  /** @type {ChoiceRow<boolean>} */
  #fullscreen;
  #message;
  #name;
  #players;
  #code;
  /** @type {HTMLElement | undefined} */
  #ways;
  /** @type {HTMLElement | undefined} */
  #screen;

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    super();
    const { translate } = surroundings;
    this._translate = translate;
    this.#rate = new ChoiceRow(translate("more.rate"), (factor) => this.#ask("rate", { factor }));
    this.#subtitles = new ChoiceRow(translate("more.subtitles"), (track) =>
      this.#ask("subtitles", { track }),
    );
    this.#size = new ChoiceRow(translate("more.subtitle_size"), (percent) =>
      this.#ask("subtitles/size", { percent }),
    );
    this.#delay = new DelayRow(translate, (seconds) =>
      this._request("subtitles/delay", { seconds }),
    );
    this.#audio = new ChoiceRow(translate("more.audio"), (track) => this.#ask("audio", { track }));
    this.#delivery = new ChoiceRow(this.#deliveryTexts.title, (kind) =>
      this.#ask("stream", { kind }),
    );
    this.#chapters = new ChapterRow(translate, (position) => this._request("seek", { position }));
    this.#sleep = new SleepChoice(translate, (parameters) => this.#ask("sleep", parameters));
    this.#fullscreen = new ChoiceRow(translate("control.fullscreen"), (on) =>
      this.#ask("fullscreen", { on }),
    );
    this.#message = new TextForm(
      translate("more.message"),
      translate("more.send"),
      (text) => this._request("message", { text, seconds: SHOWN_FOR }),
      { attributes: { maxlength: "200" } },
    );
    this.#name = new TextForm(
      translate("more.name"),
      translate("more.rename"),
      (name) => this._request("rename", { name }),
      { keep: true, attributes: { maxlength: String(NAME.most) } },
    );
    this.#players = new PlayerList(surroundings, (text) => this._tell(text));
    this.#code = new CodeEntry(translate, surroundings.api);
  }

  /** @override @param {Translate} translate */
  mount(translate) {
    super.mount(translate);
    this.#ways = section(
      translate("more.playback"),
      this.#chapters.element,
      this.#rate.element,
      this.#subtitles.element,
      this.#size.element,
      this.#delay.element,
      this.#audio.element,
      this.#delivery.element,
      this.#fullscreen.element,
      this.#sleep.element,
    );
    this.#screen = section(translate("more.screen"), this.#message.element, this.#name.element);
    fill(
      this,
      build("h2", {}, translate("view.more")),
      this.#ways,
      this.#screen,
      section(translate("more.players"), this.#players.element, this.#code.element),
      build("p", { class: "hint keys" }, translate("more.keys")),
    );
  }

  connectedCallback() {
    this.#players.start();
    this.#chapters.start();
    this.#sleep.start();
  }

  disconnectedCallback() {
    this.#players.stop();
    this.#chapters.stop();
    this.#sleep.stop();
  }

  /** @override @param {import("../../elements/view-element.js").View} view */
  show(view) {
    const { state } = view;
    this.#players.show(view);
    if (!state) return;
    this.#chapters.show(view);
    const can = (/** @type {string} */ procedure) => state.can.includes(procedure);
    this.#rate.show(rateOptions(), state.rate, can("rate"));
    const { subtitles, audio } = state;
    const texts = trackOptions(subtitles?.tracks ?? [], this._translate);
    const sounds = trackOptions(audio?.tracks ?? [], this._translate);
    this.#subtitles.show(
      [{ value: null, text: this._translate("more.off") }, ...texts],
      subtitles?.active ?? null,
      can("subtitles") && texts.length > 0,
    );
    const sizes = sizeOptions(this._translate);
    this.#size.show(sizes, subtitles?.size ?? 100, can("subtitles/size") && texts.length > 0);
    this.#delay.show(subtitles?.delay ?? 0, can("subtitles/delay"));
    this.#audio.show(sounds, audio?.active ?? null, can("audio") && sounds.length > 1);
    this.#showDelivery(state);
    const ways = [true, false].map((value) => ({
      value,
      text: this._translate(value ? "more.on" : "more.off"),
    }));
    this.#fullscreen.show(ways, state.fullscreen, can("fullscreen"));
    this.#sleep.show(state);
    this.#message.enable(can("message"));
    this.#name.enable(can("rename"));
    this.#name.show(state.name);
    for (const part of [this.#ways, this.#screen]) if (part) hideIfEmpty(part);
  }

  get #deliveryTexts() {
    return (DELIVERY_TEXTS[this._translate("language")] || DELIVERY_TEXTS.en).choices;
  }

  /** @param {PlayerState} state */
  #showDelivery({ stream = null, can }) {
    const texts = this.#deliveryTexts;
    const options = /** @type {const} */ (["auto", "direct", "remux", "transcode"]).map(
      (value) => ({ value, text: texts[value] }),
    );
    const active = stream?.reason === "forced" ? stream.kind : "auto";
    const hint = stream ? describeDelivery(stream, this._translate("language")) : "";
    this.#delivery.show(options, active, can.includes("stream"), hint);
  }

  /**
   * @param {string} procedure
   * @param {Record<string, unknown>} parameters
   */
  #ask(procedure, parameters) {
    void this._request(procedure, parameters);
  }
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
