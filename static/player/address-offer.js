/**
 * Offers the addresses at which phones reach the server, and follows their changes.
 *
 * @typedef {import("../connection/api.js").Api} Api
 * @typedef {import("../connection/api.js").Links} Links
 * @typedef {object} Card
 * @property {(candidates: import("../connection/api.js").Candidate[], chosen: string) => void} showAddresses
 * @property {(links: Links) => void} showLinks
 * @property {string} host the host of the link that is shown; empty without one
 */
export class AddressOffer {
  #api;
  #identity;
  #card;

  /**
   * @param {Pick<Api, "addresses">} api
   * @param {Pick<import("./identity/identity.js").PlayerIdentity, "ip" | "credentials">} identity
   * @param {Card} card
   */
  constructor(api, identity, card) {
    this.#api = api;
    this.#identity = identity;
    this.#card = card;
  }

  /** Show the present addresses, and the code for the best one. */
  async refresh() {
    try {
      const { ip, candidates } = await this.#api.addresses();
      const picked = candidates.find((each) => each.ip === this.#identity.ip);
      const chosen = picked ? picked.ip : ip;
      this.#card.showAddresses(candidates, chosen);
      if (this.#card.host && this.#card.host !== chosen) await this.#renew();
    } catch {
      // the card then shows the address from the credentials
    }
  }

  /**
   * Show the code for a chosen address.
   * @param {string} ip
   */
  async pick(ip) {
    this.#identity.ip = ip;
    await this.#renew();
  }

  async #renew() {
    const { links } = await this.#identity.credentials();
    if (links) this.#card.showLinks(links);
  }
}
