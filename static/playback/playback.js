/** What the player plays: the queue, what of it is loaded, and where people stopped. */

import { CallError } from "../protocol/errors.js";
import { isAtEnd, readPlaces, positionIn, remember, resumeAt } from "./places.js";
import { readWatched, rememberWatched } from "./watched.js";
import * as queues from "./queue.js";
import { randomToken } from "../protocol/messages.js";
import { isMedium, readSource } from "../protocol/sources.js";
import { Signal } from "../events/signal.js";

/** Seconds of a medium before its end in which the next one is fetched. */
const AHEAD = 30;
/** Seconds that may be lost if the player dies. */
const KEEPING = 5;

/**
 * @typedef {import("../library/catalogue.js").About} About
 * @typedef {import("../media/media.js").Media} Media
 * @typedef {import("../media/media.js").Loading} Loading
 * @typedef {import("./queue.js").Queue} Queue
 * @typedef {import("./queue.js").QueueItem} QueueItem
 * @typedef {import("../protocol/sources.js").Source} Source
 * @typedef {import("../page/store.js").Store} Store
 */

export class Playback {
  #media;
  #catalogue;
  #store;
  #now;
  /** counts what was begun, so that only the latest goes on */
  #turn = 0;
  /** @type {Promise<void>} */
  #latest = Promise.resolve();
  #keptAt = 0;
  /** @type {Queue} */
  queue = queues.EMPTY;
  /** @type {QueueItem | null} what is loaded, also when it is not in the queue any more */
  current = null;
  /** @type {readonly import("./places.js").Place[]} what was played, the latest first */
  places = [];
  /** @type {readonly string[]} the sources of what was played to its end, the latest first */
  watched = [];
  /**
   * @type {import("../protocol/player-state.js").Skipped | null} what was passed over since people last chose
   */
  skipped = null;
  /** @type {Signal<void>} the queue or what is loaded is another one */
  changed = new Signal();

  /**
   * @param {Media} media
   * @param {import("../library/catalogue.js").Catalogue} catalogue
   * @param {Store} store
   * @param {() => number} [now] Unix time in seconds
   */
  constructor(media, catalogue, store, now = () => Date.now() / 1000) {
    this.#media = media;
    this.#catalogue = catalogue;
    this.#store = store;
    this.#now = now;
  }

  /** Begin to go from one item to the next, and to keep in mind what is played. */
  start() {
    this.queue = queues.readQueue(this.#store.get("queue"));
    this.places = readPlaces(this.#store.get("places"));
    this.watched = readWatched(this.#store.get("watched"));
    this.#media.moved.listen(() => this.#moved());
    this.#media.happened.listen(({ name }) => {
      if (name === "ended") void this.#advance();
      else if (name === "pause" || name === "seek" || name === "play") this.keep();
    });
  }

  /**
   * Load, without playing it, what was loaded before the page was closed, where it was; if there was
   * nothing, the first medium of the library.
   */
  async restore() {
    const kept = queues.present(this.queue) || readItem(this.#store.get("current"));
    if (kept) {
      await this.#open(kept, { position: positionIn(this.places, kept.source) });
    } else if (!this.queue.items.length) {
      const turn = this.#turn;
      const first = await this.#catalogue.first();
      if (!first || turn !== this.#turn || this.queue.items.length) return;
      const item = newItem(readSource(first.source));
      this.#become(queues.replacePresent(this.queue, item));
      await this.#open(item, {});
    }
  }

  /**
   * Load a medium and play it, in place of the present one, unless the browser wants a click first;
   * the state tells that. Of a folder its first medium is loaded, and the others follow; an episode
   * has the others of its series around it, unless people have put something else into the queue.
   * @param {string} source as `readSource` takes it
   * @param {string | null} title
   * @param {number | null} position seconds; null: where one stopped
   */
  async load(source, title, position) {
    const read = readSource(source);
    const turn = this.#turn;
    const items = isMedium(read) ? [newItem(read, title)] : await this.#itemsOf(read, title);
    if (turn !== this.#turn) throw new CallError("runtime_error", "another medium was loaded");
    const [item] = items;
    this.keep();
    this.skipped = null;
    const resumed = resumeAt(this.places, item.source);
    this.#become(queues.replacePresent(queues.leaveSeries(this.queue), ...items));
    const exact = position !== null;
    const begun = this.#begin(item, { position: exact ? position : resumed, exact });
    // A folder comes with what is in it.
    if (item.source === read.source) void this.#surround(item);
    await begun;
  }

  /** Play; with nothing loaded, what comes first in the queue. */
  async play() {
    const next = queues.following(this.queue);
    if (!this.current && next !== null) await this.jump(next);
    else await this.#media.play();
  }

  /**
   * Play an item of the queue from its beginning; resolve once one of the queue does, should people
   * ask for another one meanwhile.
   * @param {number} index
   */
  async jump(index) {
    this.skipped = null;
    await this.#jump(index);
  }

  /** @param {number} index */
  async #jump(index) {
    this.keep();
    this.#become(queues.jump(this.queue, index));
    const item = /** @type {QueueItem} */ (queues.present(this.queue));
    const turn = this.#turn + 1;
    try {
      await this.#begin(item, {});
    } catch (error) {
      if (turn === this.#turn) throw error;
      await this.#latest;
    }
  }

  async next() {
    const index = queues.following(this.queue);
    if (index === null) throw new CallError("not_supported", "nothing follows in the queue");
    await this.jump(index);
  }

  /** Play the item before; the first one begins again. */
  async previous() {
    const index = queues.preceding(this.queue);
    if (index !== null) await this.jump(index);
    else if (this.current) await this.#media.seek(0);
    else throw new CallError("not_supported", "nothing was played before");
  }

  /**
   * Put a medium, or the media of a folder, into the queue.
   * @param {typeof queues.add} place
   * @param {string} source
   * @param {string | null} title
   * @param {Promise<string | null>} [by] the device of who wants it
   */
  async add(place, source, title, by = Promise.resolve(null)) {
    const read = readSource(source);
    const items = isMedium(read) ? [newItem(read, title)] : await this.#itemsOf(read, title);
    this.edit((queue) => place(queue, ...items));
    void by.then((name) => this.#sign(items, name));
    if (items.length > 1) return;
    const [item] = items;
    void this.#catalogue.about(read).then((about) => this.describe(item, about));
  }

  /**
   * Return the media of a folder in the order to play them; of what is no folder, it itself.
   *
   * @param {Source} read
   * @param {string | null} title
   * @returns {Promise<QueueItem[]>}
   */
  async #itemsOf(read, title) {
    const { path } = read;
    const alone = path === null ? null : await this.#catalogue.about(read);
    // A file with an address stands for it.
    if (alone && alone.source !== read.source) return [itemOf(alone)];
    const media = path === null || alone ? null : await this.#catalogue.folder(path);
    if (media === null) return [newItem(read, title)];
    if (media.length === 0) {
      const why = "there is nothing in this folder that can be played";
      throw new CallError("invalid_argument", `source is ${JSON.stringify(read.source)}: ${why}`);
    }
    return media.map(itemOf);
  }

  /**
   * Put the other episodes of its series around an item that was loaded.
   *
   * @param {QueueItem} item
   */
  async #surround(item) {
    const { path } = readSource(item.source);
    const episodes = path === null ? [] : await this.#catalogue.series(path);
    const now = queues.present(this.queue);
    if (now === null || now.id !== item.id || episodes.length < 2) return;
    this.edit((queue) => queues.becomeSeries(queue, episodes.map(itemOf)));
  }

  /**
   * Say who put items into the queue.
   *
   * @param {readonly QueueItem[]} items
   * @param {string | null} name
   */
  #sign(items, name) {
    if (name === null) return;
    const ids = new Set(items.map(({ id }) => id));
    this.edit((queue) => queues.sign(queue, ids, name));
  }

  /**
   * Change the queue; what is loaded stays.
   * @param {(queue: Queue) => Queue} change
   */
  edit(change) {
    this.#become(change(this.queue));
  }

  /** Keep in mind where the present medium is. */
  keep() {
    const { current } = this;
    const { loaded, position, duration, ended } = this.#media.state;
    // Events of the medium before may arrive while nothing is known of this one yet.
    if (!current || !loaded || duration === null) return;
    this.#keptAt = this.#now();
    const { source, title, poster } = current;
    const at = Math.round(this.#keptAt);
    const reached = ended ? 0 : Math.round(position * 10) / 10;
    this.places = remember(this.places, { source, title, poster, position: reached, duration, at });
    this.#store.set("places", this.places);
    if (!ended && !isAtEnd(position, duration)) return;
    if (this.watched[0] === source) return;
    this.watched = rememberWatched(this.watched, source);
    this.#store.set("watched", this.watched);
  }

  /**
   * Load an item and play it, unless the browser wants a click first.
   *
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
    const loaded = this.#media.load(source, { ...how, about });
    this.changed.emit();
    await loaded;
  }

  async #advance() {
    this.keep();
    // Who pauses at the very end wants no other film.
    if (!this.#media.wanted) return;
    for (let tries = this.queue.items.length; tries > 0; tries -= 1) {
      const index = queues.successor(this.queue);
      if (index === null) return;
      const { source, title } = this.queue.items[index];
      try {
        if (index === queues.indexOf(this.queue)) await this.#media.replay();
        else await this.#jump(index);
        return;
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        const { code, message, reason } = error;
        this.skipped = { source, title, error: { code, message, reason } };
        this.changed.emit();
      }
    }
  }

  #moved() {
    if (this.#now() - this.#keptAt >= KEEPING) this.keep();
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
   * Give an item what the library knows of it; a title that people gave it stays.
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

/**
 * Return a new item of the queue.
 * @param {Source} source
 * @param {string | null} [title]
 * @returns {QueueItem}
 */
function newItem(source, title = null) {
  return {
    id: randomToken(4),
    title: title === null ? source.title : title.trim(),
    source: source.source,
    poster: null,
    duration: null,
  };
}

/**
 * Return a new item of the queue for a medium that the library tells of.
 * @param {About} about
 * @returns {QueueItem}
 */
function itemOf(about) {
  const { source, title, duration } = about;
  return { ...newItem(readSource(source), title), poster: pictureOf(about), duration };
}

/**
 * Return the address of a picture for the state, which others read who have no cookie of ours.
 * @param {About} about
 */
function pictureOf({ picture, poster, thumbnail }) {
  return picture || poster || thumbnail;
}

/**
 * Return the item that was kept as `value`; null if it is none.
 * @param {unknown} value
 */
function readItem(value) {
  return queues.present(queues.readQueue({ items: [value], on: true, place: 0 }));
}
