import { build, fill, flag } from "../../elements/dom.js";

/**
 * @typedef {import("../../connection/api.js").Candidate} Candidate
 * @typedef {import("../../connection/api.js").Links} Links
 * @typedef {"remote" | "guest"} Role
 */

/**
 * How to get in: the QR code, which is also a link, its address as text, and a code to type; for
 * those who may do everything, or for guests.
 *
 * It emits `newcode` when new links are wanted, `codewanted` with the role as detail when a code to
 * type is, and `addresspicked` with the IP address as detail.
 */
export class QrCard extends HTMLElement {
  constructor() {
    super();
    /** @private @type {import("../../elements/view.js").Translate} */
    this._translate = (key) => key;
    /** @private @type {Links | null} */
    this._links = null;
    /** @private @type {Role} */
    this._role = "remote";
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    /** @private */
    this._title = build("h2");
    /** @private */
    this._image = build("img", { width: "240", height: "240" });
    /** @private */
    this._link = build("a", { class: "qr", target: "_blank", rel: "noopener" }, this._image);
    /** @private */
    this._address = build("p", { class: "address" });
    /** @private */
    this._code = build("p", { class: "code", role: "status", hidden: "" });
    /** @private */
    this._hint = build("p", { class: "hint" });
    /** @private */
    this._guests = build("button", { type: "button", class: "quiet", "aria-pressed": "false" });
    /** @private */
    this._picker = build("select");
    /** @private */
    this._choice = build("div", { class: "choice", hidden: "" });
  }

  /** @param {import("../../elements/view.js").Translate} translate */
  mount(translate) {
    this._translate = translate;
    this._image.alt = translate("card.qr");
    this._picker.setAttribute("aria-label", translate("card.address"));
    this._choice.append(this._picker);
    this._guests.textContent = translate("player.for_guests");
    this._guests.addEventListener("click", () => this._turn());
    const type = button(translate("player.show_code"), () => this._emit("codewanted", this._role));
    const renew = button(translate("card.new_code"), () => this._emit("newcode", null));
    this._picker.addEventListener("change", () => this._emit("addresspicked", this._picker.value));
    fill(
      this,
      this._title,
      this._link,
      this._address,
      this._code,
      this._hint,
      build("div", { class: "row" }, this._choice, this._guests, type, renew),
    );
    flag(this._link, "hidden", true);
    this._draw();
  }

  /** @param {Links} links */
  showLinks(links) {
    this._links = links;
    this._hideCode();
    this._draw();
  }

  /**
   * Show a code to type until it is worth nothing any more.
   * @param {string} code
   * @param {number} expiresAt Unix time in seconds
   */
  showCode(code, expiresAt) {
    clearTimeout(this._timer);
    const { host, pathname } = this._shown ? new URL(this._shown.url) : location;
    const where = this._translate("player.type_code", { address: `${host}${pathname}` });
    fill(this._code, build("span", {}, where), build("strong", {}, code));
    flag(this._code, "hidden", false);
    const left = expiresAt * 1000 - Date.now();
    this._timer = setTimeout(() => this._hideCode(), Math.max(0, left));
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

  /** @private */
  get _shown() {
    return this._links && this._links[this._role];
  }

  /** @private */
  _turn() {
    this._role = this._role === "remote" ? "guest" : "remote";
    this._hideCode();
    this._draw();
  }

  /** @private */
  _hideCode() {
    clearTimeout(this._timer);
    flag(this._code, "hidden", true);
    fill(this._code);
  }

  /** @private */
  _draw() {
    const guest = this._role === "guest";
    this.setAttribute("for", this._role);
    this._title.textContent = this._translate(guest ? "player.guest_title" : "card.title");
    this._hint.textContent = this._translate(guest ? "player.guest_hint" : "card.hint");
    this._guests.setAttribute("aria-pressed", String(guest));
    if (!this._shown) return;
    const { url, qr_svg } = this._shown;
    // An image cannot run scripts, whatever the drawing holds.
    this._image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(qr_svg)}`;
    this._link.href = url;
    const { host, pathname, hash } = new URL(url);
    fill(this._address, build("strong", {}, host), `${pathname}${hash}`);
    flag(this._link, "hidden", false);
  }

  /**
   * @private
   * @param {string} type
   * @param {unknown} detail
   */
  _emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/**
 * @param {string} text
 * @param {() => void} act
 */
function button(text, act) {
  const made = build("button", { type: "button", class: "quiet" }, text);
  made.addEventListener("click", act);
  return made;
}
