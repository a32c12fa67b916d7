/** What the player plays: its queue, the loaded item, and the history. */

import { CallError } from "../protocol/errors.js";
import { errorState } from "../media/media-errors.js";
import * as queues from "./queue.js";
import { itemOf, itemsOf, newItem, pictureOf, readItem } from "./queue-items.js";
import { becomeSeries, leaveSeries } from "./series.js";
import { ViewingHistory } from "./viewing-history.js";
import { readSource } from "../protocol/sources.js";
import { Signal } from "../events/signal.js";

/** Seconds before the end of a medium at which the next one is fetched. */
const AHEAD = 30;
/** Milliseconds after which nobody expects a film that failed to go on by itself. */
const FORGOTTEN = 600_000;

/**
 * @typedef {import("../library/catalogue.js").About} About
 * @typedef {import("../media/media.js").Media} Media
 * @typedef {import("../media/media.js").Loading} Loading
 * @typedef {import("./queue.js").Queue} Queue
 * @typedef {import("./queue.js").QueueItem} QueueItem
 * @typedef {import("../protocol/sources.js").Source} Source
 * @typedef {import("../page/store.js").Store} Store
 *
 * @typedef {object} Running a medium that plays
 * @property {QueueItem} item
 * @property {number} position seconds
 * @property {Queue} queue it plays in
 */

export class Playback {
  #media;
  #catalogue;
  #store;
  /** the number of items opened, to ignore the results of earlier ones */
  #turn = 0;
  /** the number of media that somebody chose, of which the last one counts */
  #choices = 0;
  /** resolved once it is known which medium the last choice opens, if any */
  deciding = Promise.resolve();
  /** @type {Promise<void>} */
  #latest = Promise.resolve();
  /** milliseconds of Unix time, when a medium failed */
  #failedAt = 0;
  /** @type {Queue} */
  queue = queues.EMPTY;
  /** @type {QueueItem | null} the loaded item, which may have left the queue */
  current = null;
  /**
   * @type {import("../protocol/player-state.js").Skipped | null} the latest item skipped since
   *   somebody chose one
   */
  skipped = null;
  /** @type {Signal<void>} the queue or the loaded item has changed */
  changed = new Signal();

  /**
   * @param {Media} media
   * @param {import("../library/catalogue.js").Catalogue} catalogue
   * @param {Store} store
   */
  constructor(media, catalogue, store) {
    this.#media = media;
    this.#catalogue = catalogue;
    this.#store = store;
    this.history = new ViewingHistory(store);
  }

  /** Start to play the queue on, and to keep the history. */
  start() {
    this.queue = queues.readQueue(this.#store.get("queue"));
    this.history.start();
    this.#media.moved.listen(() => this.#moved());
    this.#media.happened.listen(({ name }) => {
      if (name === "ended") void this.#advance();
      else if (name === "error") this.#failedAt = Date.now();
      else if (name === "pause" || name === "seek" || name === "play") this.keep();
    });
  }

  /**
   * Load, without playing it, what was loaded when the page was closed, at its position; without
   * one, the first medium of the library.
   */
  async restore() {
    const kept = queues.present(this.queue) || readItem(this.#store.get("current"));
    if (kept) {
      await this.#open(kept, { position: this.history.positionIn(kept.source) });
    } else if (!this.queue.items.length) {
      const turn = this.#turn;
      const isWanted = () => turn === this.#turn && !this.queue.items.length;
      const first = await this.#catalogue.first(isWanted);
      if (!first || !isWanted()) return;
      const item = newItem(readSource(first.source));
      this.#become(queues.replacePresent(this.queue, item));
      await this.#open(item, {});
    }
  }

  /**
   * Load a medium in place of the present one, and play it unless the browser requires a click.
   *
   * The media of a folder follow its first one. The other episodes of a series surround an episode,
   * unless something else was added to the queue. A medium that is loaded stays if this one does not
   * exist; one that plays also stays, or plays on, if this one cannot be played.
   * @param {string} source a source that `readSource` accepts
   * @param {string | null} title
   * @param {number | null} position seconds; null to continue where it stopped
   */
  async load(source, title, position) {
    const read = readSource(source);
    const choice = ++this.#choices;
    const choosing = this.#choose(read, title);
    this.deciding = choosing.then(nothing, nothing);
    const items = await choosing;
    if (choice !== this.#choices) throw new CallError("runtime_error", "another medium was loaded");
    const [item] = items;
    this.keep();
    const running = this.#running();
    this.skipped = null;
    const resumed = this.history.resumeAt(item.source);
    this.#become(queues.replacePresent(leaveSeries(this.queue), ...items));
    const exact = position !== null;
    const begun = this.#begin(item, { position: exact ? position : resumed, exact });
    const turn = this.#turn;
    // a folder already comes with its media
    if (item.source === read.source) void this.#surround(item);
    try {
      await begun;
    } catch (error) {
      // the error comes after the film is back: loading a film ends the messages before it
      if (running && isBroken(error) && turn === this.#turn) await this.#playOn(running, items);
      throw error;
    }
  }

  /**
   * Return the items for a source; reject if the first one does not exist, or cannot be played while
   * another medium plays.
   * @param {Source} source
   * @param {string | null} title
   */
  async #choose(source, title) {
    const items = await itemsOf(this.#catalogue, source, title);
    if (!this.#media.state.loaded) return items;
    await this.#check(items[0].source);
    return items;
  }

  /** Play; if nothing is loaded, the first item of the queue. */
  async play() {
    if (!this.current && queues.following(this.queue) !== null) await this.next();
    else await this.#media.play();
  }

  /** @param {number} index of an item of the queue */
  async jump(index) {
    const item = queues.present(queues.jump(this.queue, index));
    await this.#playOneOf([/** @type {QueueItem} */ (item)]);
  }

  async next() {
    const items = queues.ahead(this.queue);
    if (!items.length) throw new CallError("not_supported", "nothing follows in the queue");
    await this.#playOneOf(items);
  }

  /** Play the item before; the first one starts again. */
  async previous() {
    const items = queues.behind(this.queue);
    if (items.length) await this.#playOneOf(items);
    else if (this.current) await this.#media.seek(0);
    else throw new CallError("not_supported", "nothing was played before");
  }

  /**
   * Play the first of some items that can be played, from its beginning; resolve once it plays, or
   * another one that was chosen meanwhile. If a medium plays and none of them can, it plays on.
   * @param {readonly QueueItem[]} items of the queue, at least one
   */
  async #playOneOf(items) {
    const choice = ++this.#choices;
    const looking = this.#firstToTry(items);
    this.deciding = looking.then(nothing, nothing);
    const { first, skipped } = await looking;
    if (choice !== this.#choices) return this.deciding.then(() => this.#latest);
    const running = this.#running();
    this.keep();
    this.skipped = skipped;
    return this.#try(items.slice(first), running);
  }

  /**
   * Return the index of the first item that may be playable, and the last one before it; reject if
   * none of them exists, or, while a medium plays, all certainly cannot be played.
   * @param {readonly QueueItem[]} items
   */
  async #firstToTry(items) {
    let skipped = null;
    let failure = null;
    for (const [first, item] of items.entries()) {
      try {
        if (this.#media.state.loaded) await this.#check(item.source);
        return { first, skipped };
      } catch (error) {
        if (!isBroken(error)) throw error;
        failure ??= error;
        skipped = skippedItem(item, error);
      }
    }
    throw failure;
  }

  /**
   * Play the first of some items that can be played.
   * @param {readonly QueueItem[]} items of the queue
   * @param {Running | null} running what plays on if none of them can be played
   */
  async #try(items, running) {
    let failure = null;
    for (const item of items) {
      const index = this.queue.items.findIndex(({ id }) => id === item.id);
      if (index < 0) continue;
      this.#become(queues.jump(this.queue, index));
      const begun = this.#begin(item, {});
      const turn = this.#turn;
      try {
        return await begun;
      } catch (error) {
        if (turn !== this.#turn) return this.#latest;
        if (!isBroken(error)) throw error;
        failure ??= error;
        this.skipped = skippedItem(item, error);
        this.changed.emit();
      }
    }
    if (failure && running) {
      this.skipped = null;
      await this.#playOn(running, []);
    }
    if (failure) throw failure;
  }

  /**
   * Return what plays now.
   * @returns {Running | null}
   */
  #running() {
    const { playing, position } = this.#media.state;
    return playing && this.current ? { item: this.current, position, queue: this.queue } : null;
  }

  /**
   * Play on what was running before another medium failed.
   * @param {Running} running
   * @param {readonly QueueItem[]} loaded the items that were put into the queue since
   */
  async #playOn({ item, position, queue }, loaded) {
    this.#become(queues.takeBack(this.queue, queue, loaded));
    await this.#begin(item, { position }).catch(nothing);
  }

  /** Play on what the network ended a short while ago, because the server is back. */
  async recover() {
    const { current } = this;
    const { error } = this.#media.state;
    if (!current || error?.reason !== "network" || !this.#media.wanted) return;
    if (Date.now() - this.#failedAt > FORGOTTEN) return;
    const position = this.history.positionIn(current.source);
    await this.#begin(current, { position }).catch(nothing);
  }

  /**
   * Reject with `media_error` if a medium must not replace the present one.
   * @param {string} name its source
   */
  #check(name) {
    const source = readSource(name);
    return this.#media.check(source, this.#catalogue.about(source));
  }

  /**
   * Add a medium, or the media of a folder, to the queue.
   * @param {typeof queues.add} place
   * @param {string} source
   * @param {string | null} title
   * @param {Promise<string | null>} [by] the device that adds it
   */
  async add(place, source, title, by = Promise.resolve(null)) {
    const read = readSource(source);
    const items = await itemsOf(this.#catalogue, read, title);
    this.edit((queue) => place(queue, ...items));
    void by.then((name) => this.#sign(items, name));
    if (items.length > 1) return;
    const [item] = items;
    void this.#catalogue.about(read).then((about) => this.describe(item, about));
  }

  /**
   * Put the other episodes of its series around the loaded item.
   * @param {QueueItem} item
   */
  async #surround(item) {
    const { path } = readSource(item.source);
    const episodes = path === null ? [] : await this.#catalogue.series(path);
    const now = queues.present(this.queue);
    if (now === null || now.id !== item.id || episodes.length < 2) return;
    this.edit((queue) => becomeSeries(queue, episodes.map(itemOf)));
  }

  /**
   * Set the device that added items.
   * @param {readonly QueueItem[]} items
   * @param {string | null} name
   */
  #sign(items, name) {
    if (name === null) return;
    const ids = new Set(items.map(({ id }) => id));
    this.edit((queue) => queues.sign(queue, ids, name));
  }

  /**
   * Change the queue; the loaded item stays.
   * @param {(queue: Queue) => Queue} change
   */
  edit(change) {
    this.#become(change(this.queue));
  }

  /** Keep the position of the loaded item. */
  keep() {
    if (this.current) this.history.keep(this.current, this.#media.state);
  }

  /**
   * Load an item, and play it unless the browser requires a click.
   * @param {QueueItem} item
   * @param {Loading} how
   */
  #begin(item, how) {
    const begun = this.#open(item, { ...how, play: true }).catch((error) => {
      if (error.code !== "gesture_required") throw error;
    });
    this.#latest = begun;
    return begun;
  }

  /**
   * @param {QueueItem} item
   * @param {Loading} how
   */
  async #open(item, how) {
    this.#turn += 1;
    const source = readSource(item.source);
    const about = this.#catalogue.about(source);
    this.current = item;
    this.#store.set("current", item);
    void about.then((found) => this.describe(item, found));
    const again = () => this.#catalogue.again(source);
    const loaded = this.#media.load(source, { ...how, about, again });
    this.changed.emit();
    await loaded;
  }

  async #advance() {
    this.keep();
    const { incomplete } = this.#media;
    if (incomplete && this.current) this.skipped = skippedItem(this.current, incomplete);
    this.changed.emit();
    // after a pause at the very end, the next item is not wanted
    if (!this.#media.wanted) return;
    const { queue } = this;
    const again = queue.on && queues.successor(queue) === queues.indexOf(queue);
    await (again ? this.#media.replay() : this.#try(queues.ahead(queue), null)).catch((error) => {
      if (!(error instanceof CallError)) throw error;
    });
  }

  #moved() {
    if (this.history.isDue) this.keep();
    this.#prepareNext();
  }

  #prepareNext() {
    const { position, duration } = this.#media.state;
    const near = duration !== null && duration - position <= AHEAD;
    const index = queues.successor(this.queue);
    const item = near && index !== null ? this.queue.items[index] : null;
    const other = item && (!this.current || item.id !== this.current.id) ? item : null;
    this.#media.prepare(other && readSource(other.source));
  }

  /**
   * Add what the library knows of an item; a title of its own stays.
   * @param {QueueItem} item
   * @param {About | null} about
   */
  describe(item, about) {
    if (!about) return;
    const { duration, title } = about;
    const plain = readSource(item.source).title === item.title;
    const found = { poster: pictureOf(about), duration, title: plain ? title : item.title };
    if (this.current?.id === item.id) {
      const { kind, artist = null, album = null, chapters = [] } = about;
      this.current = { ...this.current, ...found, kind, artist, album, chapters };
    }
    this.#become(queues.describe(this.queue, item.id, found));
  }

  /** @param {Queue} queue */
  #become(queue) {
    this.queue = queue;
    this.#store.set("queue", queue);
    this.#prepareNext();
    this.changed.emit();
  }
}

function nothing() {}

/** @param {unknown} error */
function isBroken(error) {
  return error instanceof CallError && error.code === "media_error";
}

/**
 * @param {QueueItem} item
 * @param {any} error a CallError
 */
function skippedItem({ source, title }, error) {
  return { source, title, error: errorState(error) };
}
