import { build, fill, flag } from "./dom.js";

/**
 * @typedef {import("../api.js").Candidate} Candidate
 * @typedef {import("../api.js").Links} Links
 */

/**
 * How to get the remote: the QR code, which is also a link, and its address as text.
 *
 * It emits `newcode` when a new code is wanted, and `addresspicked` with the IP address as detail.
 */
export class QrCard extends HTMLElement {
  constructor() {
    super();
    /** @private */
    this._image = build("img", { width: "240", height: "240" });
    /** @private */
    this._link = build("a", { class: "qr", target: "_blank", rel: "noopener" }, this._image);
    /** @private */
    this._address = build("p", { class: "address" });
    /** @private */
    this._picker = build("select");
    /** @private */
    this._choice = build("div", { class: "choice", hidden: "" });
  }

  /** @param {import("./view.js").Translate} translate */
  mount(translate) {
    this._image.alt = translate("card.qr");
    this._picker.setAttribute("aria-label", translate("card.address"));
    this._choice.append(this._picker);
    const button = build("button", { type: "button", class: "quiet" }, translate("card.new_code"));
    button.addEventListener("click", () => this.dispatchEvent(new Event("newcode")));
    this._picker.addEventListener("change", () => {
      this.dispatchEvent(new CustomEvent("addresspicked", { detail: this._picker.value }));
    });
    fill(
      this,
      build("h2", {}, translate("card.title")),
      this._link,
      this._address,
      build("p", { class: "hint" }, translate("card.hint")),
      build("div", { class: "row" }, this._choice, button),
    );
    flag(this._link, "hidden", true);
  }

  /** @param {Links} links */
  showLinks({ remote }) {
    // An image cannot run scripts, whatever the drawing holds.
    this._image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(remote.qr_svg)}`;
    this._link.href = remote.url;
    const { host, pathname, hash } = new URL(remote.url);
    fill(this._address, build("strong", {}, host), `${pathname}${hash}`);
    flag(this._link, "hidden", false);
  }

  /**
   * Offer the addresses under which phones may find the server, if there are several.
   * @param {Candidate[]} candidates
   * @param {string} chosen
   */
  showAddresses(candidates, chosen) {
    flag(this._choice, "hidden", candidates.length < 2);
    const options = candidates.map((candidate) => {
      const words = `${candidate.ip} (${candidate.interface})`;
      return build("option", { value: candidate.ip }, words);
    });
    fill(this._picker, ...options);
    this._picker.value = chosen;
  }
}
