import assert from "node:assert/strict";
import { test } from "node:test";

import { Tabs } from "../../../player/identity/tabs.js";
import { until } from "../../broker.js";

let channels = 0;

/**
 * @param {import("node:test").TestContext} context closes it at its end, however that comes
 * @param {string} name
 */
function openChannel(context, name) {
  const channel = new BroadcastChannel(name);
  context.after(() => channel.close());
  return channel;
}

/**
 * @param {import("node:test").TestContext} context closes them at its end
 * @param {number} count
 */
function open(context, count) {
  const name = `tabs-${++channels}`;
  return Array.from({ length: count }, (_, index) => {
    const channel = openChannel(context, name);
    const tabs = new Tabs(channel, `tab-${index}`);
    const tab = { tabs, losses: 0 };
    tabs.lost.listen(() => (tab.losses += 1));
    tabs.start();
    return tab;
  });
}

test("the later claim wins, and only the earlier tab is told", async (context) => {
  const [first, second] = open(context, 2);
  first.tabs.claim();
  await new Promise((resolve) => setTimeout(resolve, 5));
  second.tabs.claim();
  await until(() => first.losses > 0, "the first is told");
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(second.losses, 0);
  first.tabs.claim();
  await until(() => second.losses > 0, "the second is told");
});

test("of two claims at once one wins", async (context) => {
  const tabs = open(context, 2);
  tabs.forEach((tab) => tab.tabs.claim());
  await until(() => tabs.some(({ losses }) => losses > 0), "one is told");
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(tabs.filter(({ losses }) => losses === 0).length, 1);
});

test("a tab that listens too late for a claim hears of it by its own", async (context) => {
  const name = `tabs-${++channels}`;
  const late = openChannel(context, name);
  const winner = new Tabs(late, "b");
  const early = openChannel(context, name);
  const loser = new Tabs(early, "a");
  let lost = 0;
  loser.lost.listen(() => (lost += 1));
  winner.claim();
  loser.start();
  winner.start();
  // As if it had claimed long before, and not been heard.
  loser.claim(1);
  await until(() => lost > 0, "told");
});

test("a browser without the channel works with one tab", () => {
  const tabs = new Tabs(null, "a");
  tabs.start();
  tabs.claim();
});
