/** The subtitles of the `<video>`: files, tracks inside the film, and those of a stream. */

import { CallError } from "../../protocol/errors.js";
import { delay } from "../../events/delay.js";
import { Signal } from "../../events/signal.js";
import { CueDelay } from "./cue-delay.js";
import { CueLift } from "./cue-lift.js";
import { SubtitleReading } from "./subtitle-reading.js";

/** Ids of tracks inside a film and next to it, with their numbers. */
const PICTURES = /^(inside|beside)-(\d+)$/;
/** Milliseconds to wait for subtitles; later ones are shown when they arrive. */
const PATIENCE = 4000;

/**
 * @typedef {import("../../library/catalogue.js").SubtitleFile} SubtitleFile
 * @typedef {import("../../protocol/player-state.js").Tracks} Tracks
 * @typedef {import("../stream.js").Stream} Stream
 * @typedef {import("./subtitle-reading.js").Subtitle} Subtitle
 * @typedef {import("./styled-subtitles.js").StyledSubtitles} StyledSubtitles
 *
 * @typedef {object} Burner draws subtitles into the picture
 * @property {() => boolean} isPossible
 * @property {(track: string | null) => Promise<void>} burn by its name in a plan: `burn1`
 */

export class Subtitles {
  #video;
  #stream;
  #burner;
  /** @type {Map<string, SubtitleFile>} */
  #files = new Map();
  /** @type {string | null} */
  #active = null;
  /** @type {SubtitleReading | null} */
  #reading = null;
  /** @type {HTMLTrackElement | null} */
  #element = null;
  /** @type {StyledSubtitles | null} */
  #styled = null;
  #delay = new CueDelay();
  #lift = new CueLift();
  /** @type {Signal<void>} the shown track or the delay has changed */
  changed = new Signal();

  /**
   * @param {HTMLVideoElement} video
   * @param {Stream} stream
   * @param {Burner} burner
   */
  constructor(video, stream, burner) {
    this.#video = video;
    this.#stream = stream;
    this.#burner = burner;
    stream.cuesRead.listen(() => this.#move());
  }

  /** @returns {Tracks & { delay: number }} */
  get state() {
    const possible = this.#burner.isPossible();
    const files = Array.from(this.#files.values()).filter(({ url }) => url || possible);
    const known = files.map(({ id, label, language }) => ({ id, label, language }));
    const tracks = [...known, ...this.#stream.subtitles];
    return { active: this.#active, tracks, delay: this.#delay.seconds };
  }

  /**
   * Return whether a track consists of pictures, which the server must draw into the film.
   * @param {string} id
   */
  isPicture(id) {
    return this.#files.get(id)?.url === null;
  }

  /**
   * Offer these files in place of those of an earlier film; show none, without a delay.
   * @param {readonly SubtitleFile[]} files
   */
  offer(files) {
    this.#active = null;
    this.#delay.seconds = 0;
    this.#close();
    this.#files = new Map(files.map((file) => [file.id, file]));
  }

  /**
   * Show the track with this id, null for none; resolve once it is loaded.
   * @param {string | null} id
   */
  async show(id) {
    const { tracks } = this.state;
    if (id !== null && !tracks.some((track) => track.id === id)) throw unknown(id, tracks);
    this.#active = id;
    this.#close();
    this.#stream.showSubtitles(id);
    this.#move();
    const file = id === null ? undefined : this.#files.get(id);
    const shown = file && file.url === null ? this.#burn(file) : this.#overlay(file);
    const failed = shown.catch((error) => this.#fail(file, error));
    await (file && file.url === null ? failed : Promise.race([failed, delay(PATIENCE)]));
  }

  /**
   * Delay all subtitles of this film.
   * @param {number} seconds negative for earlier
   */
  async delay(seconds) {
    this.#delay.seconds = seconds;
    this.#move();
    if (this.#styled) await this.#styled.delay(seconds);
    this.changed.emit();
  }

  /**
   * Keep a part of the picture free of subtitles.
   * @param {number} share of its height, from its bottom
   */
  lift(share) {
    this.#lift.share = share;
    this.#move();
  }

  /** Have the server draw a track of pictures into the film. @param {SubtitleFile} file */
  async #burn(file) {
    const [, where, number] = PICTURES.exec(file.id) ?? [];
    if (where) await this.#burner.burn(`${where === "inside" ? "burn" : where}${number}`);
  }

  /** Show a file over the film. @param {SubtitleFile | undefined} file */
  async #overlay(file) {
    await this.#burner.burn(null);
    if (!file || this.#active !== file.id) return;
    await (file.kind === "ass" ? this.#draw(file) : this.#write(file));
  }

  /** Show a file as text of the browser. @param {SubtitleFile} file */
  async #write({ label, language, url }) {
    const reading = new SubtitleReading(
      url || "",
      () => this.#position,
      async ({ text }) => {
        const element = document.createElement("track");
        element.kind = "subtitles";
        element.label = label;
        if (language) element.srclang = language;
        const blob = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
        element.src = blob;
        this.#video.append(element);
        element.track.mode = "showing";
        const read = await loaded(element);
        URL.revokeObjectURL(blob);
        if (this.#reading !== reading || !read) element.remove();
        if (!read) throw new Error("they are no WebVTT");
        if (this.#reading !== reading) return;
        this.#place(element.track);
        if (this.#element) this.#element.remove();
        this.#element = element;
      },
    );
    this.#reading = reading;
    await reading.start();
  }

  /**
   * Draw a file with its styles, or as text if the browser cannot draw it.
   * @param {SubtitleFile} file
   */
  async #draw(file) {
    const module = await import("./styled-subtitles.js").catch(() => null);
    if (this.#active !== file.id) return;
    const Styled = module && module.StyledSubtitles;
    if (!Styled || !Styled.isSupported) {
      await this.#write(file);
      return;
    }
    const address = new URL(file.url || "", document.baseURI);
    const fonts = new URL(address.href);
    address.searchParams.set("format", "ass");
    const reading = new SubtitleReading(
      address.href,
      () => this.#position,
      async (subtitle) => {
        if (this.#styled) return this.#styled.replace(subtitle.text);
        const drawn = new Styled(this.#video, subtitle.text, fontsOf(fonts, subtitle.fonts));
        await drawn.ready().catch((error) => {
          drawn.close();
          throw new NotDrawn(error);
        });
        if (this.#reading !== reading) return drawn.close();
        this.#styled = drawn;
        return drawn.delay(this.#delay.seconds);
      },
    );
    this.#reading = reading;
    try {
      await reading.start();
    } catch (error) {
      if (!(error instanceof NotDrawn) || this.#reading !== reading) throw error;
      await this.#write(file);
    }
  }

  get #position() {
    return Math.max(0, this.#video.currentTime - this.#delay.seconds);
  }

  /** Apply the delay and the lift to the cues that the browser shows. */
  #move() {
    for (const track of Array.from(this.#video.textTracks)) {
      if (track.mode !== "disabled") this.#place(track);
    }
  }

  /** @param {TextTrack} track */
  #place(track) {
    this.#delay.apply(track);
    this.#lift.apply(track);
  }

  #close() {
    this.#reading?.stop();
    this.#reading = null;
    this.#element?.remove();
    this.#element = null;
    this.#styled?.close();
    this.#styled = null;
  }

  /**
   * @param {SubtitleFile | undefined} file
   * @param {unknown} error
   */
  async #fail(file, error) {
    if (!file) throw error;
    if (this.#active === file.id) {
      this.#active = null;
      this.#close();
      this.changed.emit();
      await this.#burner.burn(null).catch(() => {});
    }
    const why = error instanceof Error ? error.message : String(error);
    const words = `the subtitles ${file.label} cannot be read: ${why}`;
    throw new CallError("media_error", words, "subtitles");
  }
}

class NotDrawn extends Error {}

/**
 * @param {URL} film
 * @param {number} count
 */
function fontsOf(film, count) {
  return Array.from({ length: count }, (_, number) => {
    const url = new URL(film.href);
    url.search = "";
    url.searchParams.set("font", String(number));
    return url.href;
  });
}

/**
 * Return whether the file of a track could be read.
 * @param {HTMLTrackElement} element
 * @returns {Promise<boolean>}
 */
function loaded(element) {
  return new Promise((resolve) => {
    element.addEventListener("load", () => resolve(true), { once: true });
    element.addEventListener("error", () => resolve(false), { once: true });
  });
}

/**
 * @param {string} id
 * @param {readonly { id: string }[]} tracks
 */
export function unknown(id, tracks) {
  const ids = tracks.map((track) => track.id).join(", ");
  const known = ids ? `one of ${ids}, or null, is needed` : "there are none here, only null";
  return new CallError("invalid_argument", `track is ${JSON.stringify(id)}: ${known}`);
}
