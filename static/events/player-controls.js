/** Events of the controls on the player's own page. */

import { PageEvent } from "./page-event.js";

/** Picture in picture, on or off. */
export class PictureToggle extends PageEvent {
  /** @override */
  static type = "picturetoggle";
}

/** The settings, open or closed. */
export class SettingsToggle extends PageEvent {
  /** @override */
  static type = "settingstoggle";
}

/** The settings were closed. */
export class SettingsClosed extends PageEvent {
  /** @override */
  static type = "settingsclosed";
}

/** Replace the links. */
export class LinkRenewal extends PageEvent {
  /** @override */
  static type = "linkrenewal";
}

/**
 * Make a code to type; the answer has it.
 * @extends {PageEvent<{ code: string }>}
 */
export class CodeRequest extends PageEvent {
  /** @override */
  static type = "coderequest";

  /** @param {"remote" | "guest"} role */
  constructor(role) {
    super();
    this.role = role;
  }
}

/** Links with another address of the server. */
export class AddressChoice extends PageEvent {
  /** @override */
  static type = "addresschoice";

  /** @param {string} ip */
  constructor(ip) {
    super();
    this.ip = ip;
  }
}
