import { AddressChoice, CodeRequest, LinkRenewal } from "../../events/player-controls.js";
import { build, fill, flag } from "../../elements/dom.js";

/** Milliseconds that a code to type lasts: the clock of a television is often wrong. */
const CODE_LIFETIME = 120_000;

/**
 * @typedef {import("../../connection/api.js").Candidate} Candidate
 * @typedef {import("../../connection/api.js").Links} Links
 * @typedef {"remote" | "guest"} Role
 */

/**
 * The QR code, which is also a link, its address as text, and a code to type, for a remote or a
 * guest.
 *
 * It dispatches `LinkRenewal`, `CodeRequest` and `AddressChoice`.
 */
export class QrCard extends HTMLElement {
  /** @type {import("../../elements/view-element.js").Translate} */
  #translate = (key) => key;
  /** @type {Links | null} */
  #links = null;
  /** @type {Role} */
  #role = "remote";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  #title = build("h2");
  #image = build("img", { width: "240", height: "240" });
  #link;
  #address = build("p", { class: "address" });
  #code = build("p", { class: "code", role: "status", hidden: "" });
  #hint = build("p", { class: "hint" });
  #guests = build("button", { type: "button", class: "quiet", "aria-pressed": "false" });
  #picker = build("select");
  #choice = build("div", { class: "choice", hidden: "" });

  constructor() {
    super();
    this.#link = build("a", { class: "qr", target: "_blank", rel: "noopener" }, this.#image);
  }

  /** @param {import("../../elements/view-element.js").Translate} translate */
  mount(translate) {
    this.#translate = translate;
    this.#image.alt = translate("card.qr");
    this.#picker.setAttribute("aria-label", translate("card.address"));
    this.#choice.append(this.#picker);
    this.#guests.textContent = translate("player.for_guests");
    this.#guests.addEventListener("click", () => this.#turn());
    const type = button(translate("player.show_code"), () => void this.#askForCode());
    const renew = button(translate("card.new_code"), () => this.dispatchEvent(new LinkRenewal()));
    this.#picker.addEventListener("change", () =>
      this.dispatchEvent(new AddressChoice(this.#picker.value)),
    );
    fill(
      this,
      this.#title,
      this.#link,
      this.#address,
      this.#code,
      this.#hint,
      build("div", { class: "row" }, this.#choice, this.#guests, type, renew),
    );
    flag(this.#link, "hidden", true);
    this.#draw();
  }

  /**
   * Show the code of a player that waits to be let in, until it has links.
   * @param {string} code
   */
  showWaiting(code) {
    this.setAttribute("waiting", "");
    this.#title.textContent = this.#translate("player.waiting");
    this.#hint.textContent = this.#translate("player.waiting_hint", { code });
    fill(this.#code, build("strong", {}, code));
    flag(this.#code, "hidden", false);
  }

  /** @param {Links} links */
  showLinks(links) {
    this.removeAttribute("waiting");
    this.#links = links;
    this.#hideCode();
    this.#draw();
  }

  /**
   * Show a code to type until it expires.
   * @param {string} code
   */
  #showCode(code) {
    clearTimeout(this.#timer);
    const { host, pathname } = this.#shown ? new URL(this.#shown.url) : location;
    const where = this.#translate("player.type_code", { address: `${host}${pathname}` });
    fill(this.#code, build("span", {}, where), build("strong", {}, code));
    flag(this.#code, "hidden", false);
    this.#timer = setTimeout(() => this.#hideCode(), CODE_LIFETIME);
  }

  /**
   * Offer the addresses at which phones may reach the server, if there are several.
   * @param {Candidate[]} candidates
   * @param {string} chosen
   */
  showAddresses(candidates, chosen) {
    flag(this.#choice, "hidden", candidates.length < 2);
    const options = candidates.map((candidate) => {
      const words = `${candidate.ip} (${candidate.interface})`;
      return build("option", { value: candidate.ip }, words);
    });
    fill(this.#picker, ...options);
    this.#picker.value = chosen;
  }

  /** The host of the link that is shown, without brackets; empty without a link. */
  get host() {
    return this.#shown ? new URL(this.#shown.url).hostname.replace(/^\[|\]$/g, "") : "";
  }

  get #shown() {
    return this.#links && this.#links[this.#role];
  }

  #turn() {
    this.#role = this.#role === "remote" ? "guest" : "remote";
    this.#hideCode();
    this.#draw();
  }

  #hideCode() {
    clearTimeout(this.#timer);
    flag(this.#code, "hidden", true);
    fill(this.#code);
  }

  #draw() {
    const guest = this.#role === "guest";
    this.setAttribute("for", this.#role);
    this.#title.textContent = this.#translate(guest ? "player.guest_title" : "card.title");
    this.#hint.textContent = this.#translate(guest ? "player.guest_hint" : "card.hint");
    this.#guests.setAttribute("aria-pressed", String(guest));
    if (!this.#shown) return;
    const { url, qr_svg } = this.#shown;
    // an image cannot run scripts
    this.#image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(qr_svg)}`;
    this.#link.href = url;
    const { host, pathname, hash } = new URL(url);
    fill(this.#address, build("strong", {}, host), `${pathname}${hash}`);
    flag(this.#link, "hidden", false);
  }

  async #askForCode() {
    const shown = this.#shown;
    const request = new CodeRequest(this.#role);
    this.dispatchEvent(request);
    const answer = await request.answer;
    // the card may have turned meanwhile, and a guest must not see the code of a remote
    if (answer && shown === this.#shown) this.#showCode(answer.code);
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
