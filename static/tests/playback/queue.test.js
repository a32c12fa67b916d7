import assert from "node:assert/strict";
import { test } from "node:test";

import {
  EMPTY,
  MOST_ITEMS,
  add,
  ahead,
  behind,
  clear,
  describe,
  following,
  indexOf,
  jump,
  move,
  playNext,
  present,
  readQueue,
  remove,
  replacePresent,
  setRepeat,
  sign,
  successor,
  takeBack,
} from "../../playback/queue.js";
import { becomeSeries, leaveSeries } from "../../playback/series.js";
import { setShuffle } from "../../playback/shuffle.js";

/** @typedef {import("../../playback/queue.js").Queue} Queue */

/** @param {string} id */
const item = (id) => ({ id, title: id, source: `media/${id}`, poster: null, duration: null });

/**
 * Return a queue of items with one letter each, of which `now` is the present one.
 * @param {string} letters
 * @param {string} [now]
 */
function queueOf(letters, now = "") {
  const queue = Array.from(letters).reduce((made, id) => add(made, item(id)), EMPTY);
  return now ? jump(queue, letters.indexOf(now)) : queue;
}

/**
 * Return the letters, with the present one as a capital; `|` where the next one would come from if
 * there is no present one.
 * @param {Queue} queue
 */
function drawn(queue) {
  const letters = queue.items.map(({ id }) => id);
  if (queue.on) letters[queue.place] = letters[queue.place].toUpperCase();
  else letters.splice(queue.place, 0, "|");
  return letters.join("");
}

/** @param {readonly { id: string }[]} items */
function idsOf(items) {
  return items.map(({ id }) => id).join("");
}

test("items are added at the end, or so that they come next", () => {
  assert.equal(drawn(add(queueOf("ab", "a"), item("x"))), "Abx");
  assert.equal(drawn(playNext(queueOf("ab", "a"), item("x"))), "Axb");
  assert.equal(drawn(playNext(queueOf("ab"), item("x"))), "|xab");
  assert.equal(drawn(add(EMPTY, item("x"))), "|x");
});

test("what is loaded takes the place of the present item", () => {
  assert.equal(drawn(replacePresent(EMPTY, item("x"))), "X");
  assert.equal(drawn(replacePresent(queueOf("abc", "b"), item("x"))), "aXc");
  assert.equal(drawn(replacePresent(queueOf("abc"), item("x"))), "Xabc");
});

test("many at once come in their order, as many as it holds", () => {
  const three = Array.from("xyz", item);
  assert.equal(drawn(add(queueOf("ab", "a"), ...three)), "Abxyz");
  assert.equal(drawn(playNext(queueOf("ab", "a"), ...three)), "Axyzb");
  assert.equal(drawn(replacePresent(queueOf("abc", "b"), ...three)), "aXyzc");
  const many = Array.from({ length: MOST_ITEMS + 9 }, (_, index) => item(`m${index}`));
  assert.equal(add(queueOf("ab"), ...many).items.length, MOST_ITEMS);
  assert.equal(replacePresent(queueOf("ab", "b"), ...many).items[1].id, "m0");
  const full = add(EMPTY, ...many);
  assert.throws(() => add(full, item("x")), { code: "not_supported" });
  const shuffled = setShuffle(queueOf("ab", "a"), true, () => 0);
  assert.equal(drawn(setShuffle(add(shuffled, ...three), false, () => 0)), "Abxyz");
});

test("a series becomes the queue around its present item, unless there is more in it", () => {
  const series = Array.from("wxyz", (id) => ({ ...item(id), id: `${id}2` }));
  const made = becomeSeries(queueOf("y", "y"), series);
  assert.deepEqual([made.items.map(({ title }) => title).join(""), made.place], ["wxyz", 2]);
  assert.equal(present(made)?.id, "y");
  // again, from another of its items
  const again = becomeSeries(jump(made, 0), series);
  assert.deepEqual([again.items.length, again.place, again.on], [4, 0, true]);
  for (const other of [queueOf("ya", "y"), queueOf("y"), queueOf("a", "a"), EMPTY]) {
    assert.equal(becomeSeries(other, series), other);
  }
  const shuffled = setShuffle(queueOf("yx", "y"), true, () => 0);
  assert.equal(becomeSeries(shuffled, series), shuffled);
});

test("a series goes with what is played next, and what people added stays", () => {
  const series = Array.from("wxyz", (id) => ({ ...item(id), id: `${id}2` }));
  const made = add(becomeSeries(queueOf("y", "y"), series), item("a"));
  assert.equal(drawn(leaveSeries(made)), "Ya");
  assert.equal(drawn(replacePresent(leaveSeries(made), item("f"))), "Fa");
  const mixed = leaveSeries(setShuffle(made, true, () => 0));
  assert.equal(drawn(setShuffle(mixed, false, () => 0)), "Ya");
  const plain = queueOf("ab", "a");
  assert.equal(leaveSeries(plain), plain);
});

test("a long series begins a while before its present item", () => {
  const series = Array.from({ length: 900 }, (_, index) => item(`m${index}`));
  for (const at of [0, 50, 450, 899]) {
    const made = becomeSeries({ ...EMPTY, items: [series[at]], on: true }, series);
    assert.equal(made.items.length, MOST_ITEMS);
    assert.equal(present(made)?.id, `m${at}`);
  }
});

test("items say who put them there", () => {
  const signed = sign(queueOf("abc", "a"), new Set(["b"]), "Phone");
  assert.deepEqual(
    signed.items.map(({ added_by = null }) => added_by),
    [null, "Phone", null],
  );
  assert.deepEqual(readQueue(JSON.parse(JSON.stringify(signed))), signed);
});

test("editing never exchanges the present item", () => {
  for (const now of "abcd") {
    const queue = queueOf("abcd", now);
    for (let index = 0; index < 4; index += 1) {
      const removed = remove(queue, index);
      if (queue.items[index].id !== now) assert.equal(present(removed)?.id, now);
      for (let to = 0; to < 4; to += 1) {
        const moved = move(queue, index, to);
        assert.equal(present(moved)?.id, now, `${now}: ${index} to ${to}`);
        assert.equal(moved.items[to].id, queue.items[index].id);
        assert.equal(moved.items.length, 4);
      }
    }
  }
});

test("without the present item the queue goes on where it was", () => {
  const removed = remove(queueOf("abc", "b"), 1);
  assert.equal(drawn(removed), "a|c");
  assert.equal(indexOf(removed), null);
  assert.equal(following(removed), 1);
  assert.equal(idsOf(behind(removed)), "a");
  assert.equal(drawn(remove(queueOf("abc", "c"), 2)), "ab|");
  assert.equal(drawn(clear(queueOf("abc", "b"))), "|");
  assert.equal(drawn(add(clear(queueOf("abc", "b")), item("x"))), "|x");
});

test("moving around a gap", () => {
  const gap = remove(queueOf("abxc", "x"), 2);
  assert.equal(drawn(gap), "ab|c");
  assert.equal(drawn(move(gap, 2, 0)), "cab|");
  assert.equal(drawn(move(gap, 0, 2)), "b|ca");
  assert.equal(drawn(move(gap, 0, 1)), "b|ac");
});

test("what follows, and what is before", () => {
  assert.equal(following(queueOf("ab", "a")), 1);
  assert.equal(following(queueOf("ab", "b")), null);
  assert.equal(following(setRepeat(queueOf("ab", "b"), "all")), 0);
  assert.equal(following(setRepeat(EMPTY, "all")), null);
  assert.equal(idsOf(ahead(queueOf("abcd", "b"))), "cd");
  assert.equal(idsOf(ahead(setRepeat(queueOf("abcd", "b"), "all"))), "cdab");
  assert.equal(idsOf(ahead(setRepeat(remove(queueOf("abcd", "b"), 1), "all"))), "cda");
  assert.equal(idsOf(behind(queueOf("abcd", "c"))), "ba");
  assert.equal(idsOf(behind(queueOf("ab", "a"))), "");
  assert.equal(idsOf(behind(setRepeat(queueOf("abcd", "b"), "all"))), "adcb");
});

test("an item that is repeated follows itself, but not when one asks for the next", () => {
  const queue = setRepeat(queueOf("ab", "a"), "one");
  assert.equal(successor(queue), 0);
  assert.equal(following(queue), 1);
  assert.equal(successor(queueOf("ab", "b")), null);
  assert.equal(successor(remove(queue, 0)), 0);
});

test("shuffling plays all others after the present one, and can be undone", () => {
  const queue = queueOf("abcdef", "c");
  const mixed = setShuffle(queue, true, () => 0.3);
  assert.equal(drawn(mixed)[0], "C");
  assert.notEqual(drawn(mixed).slice(1), "abdef");
  assert.deepEqual([...drawn(mixed).toLowerCase()].sort().join(""), "abcdef");
  assert.equal(setShuffle(mixed, true, Math.random), mixed);
  assert.equal(drawn(setShuffle(mixed, false, Math.random)), "abCdef");
  const changed = add(remove(mixed, 3), item("x"));
  const left = "abcdef".replace(mixed.items[3].id, "").replace("c", "C");
  assert.equal(drawn(setShuffle(changed, false, Math.random)), `${left}x`);
});

test("an index beyond the queue is an error that names it", () => {
  const queue = queueOf("ab", "a");
  const invalid = (/** @type {RegExp} */ message) => ({ code: "invalid_argument", message });
  assert.throws(() => jump(queue, 2), invalid(/^index is 2: a whole number from 0 to 1/));
  assert.throws(() => remove(EMPTY, 0), invalid(/^index is 0: the queue is empty/));
  assert.throws(() => move(queue, 2, 0), invalid(/^from is 2/));
  assert.throws(() => move(queue, 0, 2), invalid(/^to is 2/));
});

test("a queue holds so many items and no more", () => {
  let queue = EMPTY;
  for (let id = 0; id < MOST_ITEMS; id += 1) queue = add(queue, item(String(id)));
  assert.throws(() => add(queue, item("x")), { code: "not_supported" });
});

test("what was found out about an item is kept with it", () => {
  const queue = describe(queueOf("ab", "a"), "b", { title: "The Film", duration: 9 });
  assert.equal(queue.items[1].title, "The Film");
  assert.equal(queue.items[1].source, "media/b");
  assert.equal(describe(queue, "gone", { title: "x" }).items.length, 2);
});

test("a queue that was kept is the same again; anything else is an empty one", () => {
  const queue = setShuffle(setRepeat(queueOf("abcd", "b"), "all"), true, () => 0.5);
  assert.deepEqual(readQueue(JSON.parse(JSON.stringify(queue))), queue);
  const gap = remove(queueOf("abc", "b"), 1);
  assert.deepEqual(readQueue(JSON.parse(JSON.stringify(gap))), gap);
  const twice = [item("a"), item("a")];
  for (const value of [
    undefined,
    null,
    4,
    {},
    { items: 4 },
    { items: [{}], place: 0 },
    { items: twice, place: 0 },
  ]) {
    assert.deepEqual(readQueue(value), EMPTY, JSON.stringify(value));
  }
  const beyond = readQueue({ ...queue, place: 99 });
  assert.equal(beyond.place, 3);
});

test("what was added meanwhile stays when a load is taken back", () => {
  const before = queueOf("abc", "b");
  const loaded = item("x");
  const later = replacePresent(before, loaded);
  assert.equal(drawn(later), "aXc");
  assert.equal(drawn(takeBack(later, before, [loaded])), "aBc");
  assert.equal(drawn(takeBack(add(later, item("n")), before, [loaded])), "aBcn");
  const along = add(later, { ...item("e"), along: true });
  assert.equal(drawn(takeBack(along, before, [loaded])), "aBc");
});
