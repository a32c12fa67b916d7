import { build, fill, icon } from "./dom.js";
import { ViewElement } from "./view-element.js";

/**
 * @typedef {object} Kind
 * @property {string} procedure
 * @property {Record<string, unknown>} parameters
 * @property {import("./dom.js").IconName} icon
 * @property {(translate: import("./view-element.js").Translate) => string} text shown next to the icon; a
 *   part of the accessible name, for voice control
 * @property {(translate: import("./view-element.js").Translate) => string} name
 */

/** @type {Record<string, Kind>} by the attribute `kind` */
const KINDS = {
  "volume-up": {
    procedure: "volume/up",
    parameters: {},
    icon: "plus",
    text: (translate) => translate("control.volume"),
    name: (translate) => translate("control.volume_up"),
  },
  "volume-down": {
    procedure: "volume/down",
    parameters: {},
    icon: "minus",
    text: (translate) => translate("control.volume"),
    name: (translate) => translate("control.volume_down"),
  },
  back: {
    procedure: "seek/by",
    parameters: { offset: -10 },
    icon: "back",
    text: () => "10",
    name: (translate) => translate("control.back"),
  },
  previous: {
    procedure: "previous",
    parameters: {},
    icon: "previous",
    text: () => "",
    name: (translate) => translate("control.previous"),
  },
  next: {
    procedure: "next",
    parameters: {},
    icon: "next",
    text: () => "",
    name: (translate) => translate("control.next"),
  },
  forward: {
    procedure: "seek/by",
    parameters: { offset: 10 },
    icon: "forward",
    text: () => "10",
    name: (translate) => translate("control.forward"),
  },
};

/** A button that requests one procedure, always with the same parameters. */
export class RequestButton extends ViewElement {
  #procedure = "";
  #button = build("button", { type: "button" });

  /** @override @param {import("./view-element.js").Translate} translate */
  mount(translate) {
    super.mount(translate);
    const kind = KINDS[this.getAttribute("kind") || ""];
    this.#procedure = kind.procedure;
    this.#button.title = kind.name(translate);
    this.#button.setAttribute("aria-label", this.#button.title);
    this.#button.append(icon(kind.icon));
    const text = kind.text(translate);
    if (text) this.#button.append(build("span", { "aria-hidden": "true" }, text));
    this.#button.addEventListener("click", () => {
      void this._request(kind.procedure, kind.parameters);
    });
    fill(this, this.#button);
  }

  /** @override @param {import("./view-element.js").View} view */
  show({ state }) {
    this.#button.disabled = state !== null && !state.can.includes(this.#procedure);
  }
}
