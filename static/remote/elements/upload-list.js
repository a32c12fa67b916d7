import { describeError } from "../../i18n/error-texts.js";
import { build, fill, flag } from "../../elements/dom.js";
import { WakeLock } from "../../page/device/wake-lock.js";
import { prepared } from "../sending/photo.js";
import { Upload } from "../sending/upload.js";
import { SharedOffer } from "./shared-offer.js";
import { viewIcon } from "./view-icons.js";

/** The files to pick; extensions as well, because not all phones know the types of films. */
const KINDS = "video/*,audio/*,image/*,.mkv,.avi,.ts,.m2ts,.flac,.opus";

/**
 * @typedef {import("../../elements/view-element.js").Translate} Translate
 *
 * @typedef {object} Job an upload
 * @property {File} file
 * @property {boolean} plays whether to play it at once
 * @property {AbortController} ending
 * @property {UploadRow} row
 *
 * @typedef {(source: string, plays: boolean, after: string | null) => Promise<void>} Arrived
 *   handles an uploaded file, with its source and that of the file picked before it
 */

/** Picks files on the phone and sends them one after the other, with their progress. */
export class UploadList {
  #translate;
  #api;
  #arrived;
  /** @type {Job[]} */
  #waiting = [];
  /** @type {Job | null} */
  #present = null;
  /** what plays the file that arrived last @type {string | null} */
  #last = null;
  #plays = true;
  #input = build("input", { type: "file", multiple: "", accept: KINDS, hidden: "" });
  #play;
  #add;
  #lock = new WakeLock(navigator);

  /**
   * @param {Translate} translate
   * @param {import("../../connection/api.js").Api} api
   * @param {Arrived} arrived
   */
  constructor(translate, api, arrived) {
    this.#translate = translate;
    this.#api = api;
    this.#arrived = arrived;
    this.#play = this.#picker("upload.play", true, translate("upload.play"));
    this.#add = this.#picker("upload.add", false, "");
    this.shared = new SharedOffer(translate, (files, plays) => this.take(files, plays));
    this.list = build("ul", { class: "rows uploads", "aria-label": translate("upload.list") });
    this.#input.addEventListener("change", () => this.#picked());
    this.pickers = build("div", { class: "tools pickers" }, this.#play, this.#add, this.#input);
    addEventListener("beforeunload", (event) => {
      if (this.#present) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => this.#lock.renew());
  }

  /**
   * Show the buttons that the role allows.
   * @param {string[]} can
   */
  show(can) {
    const who = document.body.dataset.uploads ?? "none";
    const may = who !== "none" && (who === "guests" || can.includes("load"));
    const plays = may && can.includes("load");
    const adds = may && can.includes("queue/add");
    flag(this.#play, "hidden", !plays);
    flag(this.#add, "hidden", !adds);
    this.shared.show(plays, adds);
    flag(this.#add, "data-alone", !can.includes("load"));
  }

  /**
   * Send files as if they were picked.
   * @param {readonly File[]} files
   * @param {boolean} plays whether the first one plays at once
   */
  take(files, plays) {
    const jobs = files.map((file, index) => {
      const ending = new AbortController();
      const row = new UploadRow(this.#translate, file.name, () => this.#cancel(ending, row));
      return { file, plays: plays && index === 0, ending, row };
    });
    this.#waiting.push(...jobs);
    this.list.append(...jobs.map(({ row }) => row.element));
    if (!this.#present) void this.#run();
  }

  #picked() {
    const files = Array.from(this.#input.files ?? []);
    this.take(files, this.#plays);
    // so that the same file can be picked again
    this.#input.value = "";
  }

  /**
   * @param {import("../../i18n/translate.js").Key} name
   * @param {boolean} plays
   * @param {string} words
   */
  #picker(name, plays, words) {
    const button = build("button", { type: "button", class: "toggle" });
    button.append(viewIcon(plays ? "phone" : "add"));
    if (words) button.append(build("span", {}, words));
    button.setAttribute("aria-label", this.#translate(name));
    button.title = this.#translate(name);
    button.addEventListener("click", () => {
      this.#plays = plays;
      this.#input.click();
    });
    return button;
  }

  /**
   * @param {AbortController} ending
   * @param {UploadRow} row
   */
  #cancel(ending, row) {
    ending.abort();
    this.#waiting = this.#waiting.filter((job) => job.row !== row);
    row.element.remove();
  }

  async #run() {
    this.#lock.hold(true);
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      this.#present = job;
      await this.#send(job);
    }
    this.#present = null;
    this.#last = null;
    this.#lock.hold(false);
  }

  /** @param {Job} job */
  async #send({ file, plays, ending: { signal }, row }) {
    try {
      row.prepare();
      const small = await prepared(file);
      const around = {
        signal,
        progressed: (/** @type {number} */ received, /** @type {boolean} */ cut) =>
          row.progress(received, small.size, cut),
        pause: (/** @type {number} */ milliseconds) => pause(milliseconds, signal),
        now: () => performance.now(),
      };
      row.progress(0, small.size, false);
      const source = await new Upload(this.#api, small, around).send();
      await this.#arrived(source, plays, this.#last);
      this.#last = source;
      row.element.remove();
    } catch (error) {
      if (!signal.aborted) row.fail(error);
    }
  }
}

/** A file with its name, its progress and a button to cancel it. */
class UploadRow {
  #translate;
  #name;
  #words = build("span", { class: "about", role: "status" });
  #bar = build("progress", { max: "1", "aria-hidden": "true" });
  #end = build("button", { type: "button", class: "tool" }, viewIcon("close"));

  /**
   * @param {Translate} translate
   * @param {string} name of the file
   * @param {() => void} cancel
   */
  constructor(translate, name, cancel) {
    this.#translate = translate;
    this.#name = name;
    this.#label("upload.cancel");
    this.#end.addEventListener("click", cancel);
    this.#words.textContent = translate("upload.waiting");
    this.#bar.value = 0;
    const words = build("div", { class: "words" });
    words.append(build("span", { class: "name" }, name), this.#words, this.#bar);
    this.element = build("li", { class: "row" }, words, this.#end);
  }

  prepare() {
    this.#words.textContent = this.#translate("upload.preparing");
  }

  /**
   * @param {number} received bytes
   * @param {number} size bytes
   * @param {boolean} cut whether the network is cut
   */
  progress(received, size, cut) {
    const percent = size ? Math.floor((100 * received) / size) : 0;
    const key = cut ? "upload.interrupted" : "upload.progress";
    const whole = received === size && !cut;
    this.#words.textContent = this.#translate(whole ? "upload.checking" : key, { percent });
    this.#bar.value = size ? received / size : 0;
  }

  /** @param {unknown} error */
  fail(error) {
    const { text, detail } = describeError(error, this.#translate);
    this.element.classList.add("failed");
    this.#bar.remove();
    fill(this.#words, [text, detail].filter(Boolean).join(" "));
    this.#label("upload.dismiss");
  }

  /** @param {import("../../i18n/translate.js").Key} key */
  #label(key) {
    this.#end.setAttribute("aria-label", this.#translate(key, { name: this.#name }));
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal cancels it
 * @returns {Promise<void>}
 */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
