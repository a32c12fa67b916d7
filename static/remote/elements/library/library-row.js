import { flawText } from "../../../i18n/error-texts.js";
import { formatTime } from "../../../i18n/format.js";
import { build, flag } from "../../../elements/dom.js";
import { picture } from "../picture.js";
import { viewIcon } from "../view-icons.js";

/**
 * @typedef {import("../../../elements/view-element.js").Translate} Translate
 * @typedef {import("../../../library/library.js").Entry} Entry
 *
 * @typedef {object} Wishes the requests of a row
 * @property {(path: string) => void} open a folder
 * @property {(medium: Medium) => void} play
 * @property {(folder: Medium) => void} playAll
 * @property {(medium: Medium) => void} playNext
 * @property {(medium: Medium) => void} add
 *
 * @typedef {object} Medium
 * @property {string} source
 * @property {string} title
 * @property {number} [position] seconds at which it stopped
 */

/** A folder, which can be opened, or played as a whole. */
export class FolderRow {
  #play = build("button", { type: "button", class: "tool" }, viewIcon("playAll"));

  /**
   * @param {Translate} translate
   * @param {Entry} entry
   * @param {Wishes} wishes
   */
  constructor(translate, entry, wishes) {
    this.entry = entry;
    const count = entry.entries === undefined ? "" : String(entry.entries);
    const words = count ? translate("library.entries", { count }) : "";
    const open = build(
      "button",
      { type: "button", class: "main" },
      picture(entry.thumbnail, "folder"),
      wordsOf(entry.title, words),
      viewIcon("into"),
    );
    name(open, [entry.title, words].filter(Boolean).join(", "));
    open.addEventListener("click", () => wishes.open(entry.path));
    name(this.#play, translate("library.play_all", { title: entry.title }));
    const folder = { source: `media/${entry.path}`, title: entry.title };
    this.#play.addEventListener("click", () => wishes.playAll(folder));
    this.element = build("li", { class: "row folder" }, open, this.#play);
  }

  /**
   * Reuse the picture of the row that this one replaces.
   * @param {FolderRow | MediumRow} before
   */
  adopt(before) {
    adoptPicture(this.element, before.element);
  }

  /**
   * Show the actions that are possible.
   * @param {string[]} can
   */
  show(can) {
    flag(this.#play, "hidden", !can.includes("load"));
  }
}

/** A medium, which can be played and queued. */
export class MediumRow {
  #translate;
  #drawn = "";
  #mark = build("span", { class: "mark", hidden: "" });
  #seen = build("span", { class: "seen", hidden: "" }, viewIcon("seen"));
  #bar = build("progress", { "aria-hidden": "true", hidden: "" });
  #play;
  #playNext = build("button", { type: "button", class: "tool" }, viewIcon("playNext"));
  #add = build("button", { type: "button", class: "tool" }, viewIcon("add"));

  /**
   * @param {Translate} translate
   * @param {Entry} entry
   * @param {Wishes} wishes
   */
  constructor(translate, entry, wishes) {
    this.#translate = translate;
    this.entry = entry;
    const { source = entry.path, title } = entry;
    const medium = { source, title, ...(entry.position ? { position: entry.position } : {}) };
    this.#play = build(
      "button",
      { type: "button", class: "main" },
      picture(entry.thumbnail, entry.kind === "audio" ? "music" : "screen"),
      wordsOf(title || source, facts(entry), this.#bar, this.#seen, this.#mark),
    );
    this.#seen.append(translate("library.watched"));
    const called = { title: title || source };
    name(this.#playNext, translate("library.play_next", called));
    name(this.#add, translate("library.add", called));
    this.#play.addEventListener("click", () => wishes.play(medium));
    this.#playNext.addEventListener("click", () => wishes.playNext(medium));
    this.#add.addEventListener("click", () => wishes.add(medium));
    this.element = build("li", { class: "row" }, this.#play, this.#playNext, this.#add);
  }

  /**
   * Reuse the picture of the row that this one replaces.
   * @param {FolderRow | MediumRow} before
   */
  adopt(before) {
    adoptPicture(this.element, before.element);
  }

  /**
   * Show the possible actions, what the player cannot play, and the position reached.
   * @param {string[]} can
   * @param {string[]} lacking
   * @param {boolean} current whether it is what plays
   * @param {import("../../../library/progress.js").Reached} reached
   */
  show(can, lacking, current, reached) {
    const drawn = JSON.stringify([can, lacking, current, reached]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const { flaw } = this.entry;
    const position = this.entry.position || reached.position;
    const length = this.entry.duration ?? reached.duration;
    flag(this.#bar, "hidden", !position || !length);
    if (position && length) {
      this.#bar.max = length;
      this.#bar.value = position;
    }
    const watched = reached.watched && !position;
    flag(this.#seen, "hidden", !watched);
    this.#play.disabled = !can.includes("load");
    flag(this.#playNext, "hidden", !can.includes("queue/play_next"));
    flag(this.#add, "hidden", !can.includes("queue/add"));
    const list = lacking.join(", ");
    const words = flaw
      ? this.#translate(flawText(flaw))
      : list && this.#translate("library.unplayable", { list });
    flag(this.#mark, "hidden", !words);
    if (this.#mark.textContent !== words) {
      this.#mark.textContent = words;
      if (words) this.#mark.prepend(viewIcon("warning"));
    }
    const { source = "", title } = this.entry;
    const play = this.#translate("library.play", { title: title || source });
    const known = [
      facts(this.entry),
      position && !this.entry.position
        ? this.#translate("library.stopped", { time: formatTime(position) })
        : "",
      watched ? this.#translate("library.watched") : "",
      words,
    ];
    name(this.#play, [play, ...known].filter(Boolean).join(", "));
    if (current) this.element.setAttribute("aria-current", "true");
    else this.element.removeAttribute("aria-current");
  }
}

/**
 * Keep an existing picture, so that it is not fetched and drawn again.
 * @param {HTMLElement} element
 * @param {HTMLElement} before
 */
function adoptPicture(element, before) {
  const [fresh, kept] = [element, before].map((row) => row.querySelector(".picture"));
  if (fresh && kept) fresh.replaceWith(kept);
}

/**
 * @param {string} title
 * @param {string} about
 * @param {...Node} more
 */
function wordsOf(title, about, ...more) {
  const words = build("span", { class: "words" }, build("span", { class: "name" }, title));
  if (about) words.append(" ", build("span", { class: "about" }, about));
  words.append(" ", ...more);
  return words;
}

/** @param {Entry} entry */
function facts({ year, duration, artist, position }) {
  const length = duration === null || duration === undefined ? null : formatTime(duration);
  const time = position && length ? `${formatTime(position)} / ${length}` : length;
  const known = [artist, year, time];
  return known.filter((fact) => fact !== null && fact !== undefined && fact !== "").join(" · ");
}

/**
 * @param {HTMLElement} button
 * @param {string} text
 */
function name(button, text) {
  button.setAttribute("aria-label", text);
  button.title = text;
}
