/** The ranges of parameters, for the player and its callers. */

/** Percent. */
export const VOLUME = Object.freeze({ least: 0, most: 100 });

/** Speed; 1 is normal. */
export const RATE = Object.freeze({ least: 0.25, most: 4 });

/** Percent of the normal size of subtitles. */
export const SUBTITLE_SIZE = Object.freeze({ least: 50, most: 300 });

/** Delay of subtitles, in seconds. */
export const SUBTITLE_DELAY = Object.freeze({ least: -60, most: 60 });

/** Characters of a player's name. */
export const NAME = Object.freeze({ least: 1, most: 64 });

/** Characters of a medium's title. */
export const TITLE = Object.freeze({ least: 1, most: 200 });

/** MIME types in one request. */
export const TYPES = Object.freeze({ most: 500 });

/** Entries of the library in one answer. */
export const ENTRIES = Object.freeze({ most: 500 });

/** The rates that the pages offer. */
export const RATES = Object.freeze([0.5, 0.75, 1, 1.25, 1.5, 2]);

/** The steps by which the pages move subtitles, in seconds. */
export const SUBTITLE_STEPS = Object.freeze([-0.5, -0.1, 0.1, 0.5]);

/** The sizes of subtitles that the pages offer. */
export const SUBTITLE_SIZES = Object.freeze([75, 100, 150, 200]);
