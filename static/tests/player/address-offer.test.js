import assert from "node:assert/strict";
import { test } from "node:test";

import { AddressOffer } from "../../player/address-offer.js";

const WIFI = { ip: "192.168.1.5", interface: "wlan0" };
const WIRE = { ip: "10.0.0.7", interface: "eth0" };

/** A server whose addresses change, and a card that shows what it is given. */
function start() {
  const server = { candidates: [WIFI], down: false };
  const best = () => server.candidates[0]?.ip || "127.0.0.1";
  const identity = {
    /** @type {string | null} */
    ip: null,
    credentials: async () => {
      renewed.count += 1;
      const url = `http://${identity.ip || best()}:8000/remote#x`;
      const links = { remote: { url, qr_svg: "" }, guest: { url, qr_svg: "" } };
      return /** @type {any} */ ({ links });
    },
  };
  const renewed = { count: 0 };
  const shown = {
    host: "192.168.1.5",
    chosen: "",
    /** @type {string[]} */
    offered: [],
    /** @param {typeof WIFI[]} candidates @param {string} chosen */
    showAddresses: (candidates, chosen) => {
      shown.offered = candidates.map(({ ip }) => ip);
      shown.chosen = chosen;
    },
    /** @param {import("../../connection/api.js").Links} links */
    showLinks: ({ remote }) => (shown.host = new URL(remote.url).hostname),
  };
  const api = {
    addresses: async () => {
      if (server.down) throw new Error("away");
      return { ip: best(), candidates: server.candidates };
    },
  };
  return { server, identity, shown, renewed, offer: new AddressOffer(api, identity, shown) };
}

test("nothing is renewed while the address stays", async () => {
  const { offer, shown, renewed } = start();
  await offer.refresh();
  assert.deepEqual([shown.offered, shown.chosen, renewed.count], [[WIFI.ip], WIFI.ip, 0]);
});

test("the code follows the address, from no network to one and on to another", async () => {
  const { server, offer, shown, renewed } = start();
  server.candidates = [];
  await offer.refresh();
  assert.deepEqual([shown.offered, shown.host], [[], "127.0.0.1"]);
  server.candidates = [WIRE];
  await offer.refresh();
  assert.deepEqual([shown.offered, shown.host, renewed.count], [[WIRE.ip], WIRE.ip, 2]);
});

test("a picked address stays while the server has it", async () => {
  const { server, identity, offer, shown } = start();
  server.candidates = [WIFI, WIRE];
  await offer.pick(WIRE.ip);
  await offer.refresh();
  assert.deepEqual([shown.chosen, shown.host], [WIRE.ip, WIRE.ip]);
  server.candidates = [WIFI];
  identity.ip = null; // as the identity does when the server refuses it
  await offer.refresh();
  assert.deepEqual([shown.chosen, shown.host], [WIFI.ip, WIFI.ip]);
});

test("a server that is away changes nothing", async () => {
  const { server, offer, shown } = start();
  server.down = true;
  await offer.refresh();
  assert.equal(shown.host, "192.168.1.5");
});
