import assert from "node:assert/strict";
import { test } from "node:test";

import { Tabs } from "../../player/tabs.js";
import { until } from "../broker.js";

let channels = 0;

/** @param {number} count */
function open(count) {
  const name = `tabs-${++channels}`;
  return Array.from({ length: count }, (_, index) => {
    const channel = new BroadcastChannel(name);
    const tabs = new Tabs(channel, `tab-${index}`);
    const tab = { tabs, channel, losses: 0 };
    tabs.lost.listen(() => (tab.losses += 1));
    tabs.start();
    return tab;
  });
}

test("the later claim wins, and only the earlier tab is told", async () => {
  const [first, second] = open(2);
  first.tabs.claim();
  await new Promise((resolve) => setTimeout(resolve, 5));
  second.tabs.claim();
  await until(() => first.losses > 0, "the first is told");
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(second.losses, 0);
  first.tabs.claim();
  await until(() => second.losses > 0, "the second is told");
  [first, second].forEach(({ channel }) => channel.close());
});

test("of two claims at once one wins", async () => {
  const tabs = open(2);
  tabs.forEach((tab) => tab.tabs.claim());
  await until(() => tabs.some(({ losses }) => losses > 0), "one is told");
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(tabs.filter(({ losses }) => losses === 0).length, 1);
  tabs.forEach(({ channel }) => channel.close());
});

test("a tab that listens too late for a claim hears of it by its own", async () => {
  const name = `tabs-${++channels}`;
  const late = new BroadcastChannel(name);
  const winner = new Tabs(late, "b");
  const early = new BroadcastChannel(name);
  const loser = new Tabs(early, "a");
  let lost = 0;
  loser.lost.listen(() => (lost += 1));
  winner.claim();
  loser.start();
  winner.start();
  // As if it had claimed long before, and not been heard.
  loser.claim(1);
  await until(() => lost > 0, "told");
  [late, early].forEach((channel) => channel.close());
});

test("a browser without the channel works with one tab", () => {
  const tabs = new Tabs(null, "a");
  tabs.start();
  tabs.claim();
});
