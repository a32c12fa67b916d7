/** Loads the parts of streams for hls.js, up to where a file is cut off. */

/** The header of a part after the end of such a file; it has the contents of another part. */
const PAST = "Zapette-Past";

/**
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").Fragment} Fragment
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").LoaderCallbacks} Callbacks
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").LoaderClass} LoaderClass
 * @typedef {import("../node_modules/hls.js/dist/hls.min.mjs").LoaderContext} Context
 */

/**
 * Return a class of loaders that deliver no part after the end, which would confuse hls.js.
 * @param {LoaderClass} Loader
 * @param {(part: Fragment) => void} ended called with such a part
 * @returns {LoaderClass}
 */
export function loaderUntilEnd(Loader, ended) {
  return class extends Loader {
    /**
     * @override
     * @param {Context} context
     * @param {unknown} config
     * @param {Callbacks} callbacks
     */
    load(context, config, callbacks) {
      super.load(context, config, {
        ...callbacks,
        onSuccess: (response, stats, asked, details) => {
          if (!details?.getResponseHeader(PAST)) {
            callbacks.onSuccess(response, stats, asked, details);
            return;
          }
          // otherwise hls.js would wait for it after a seek
          stats.total = 0;
          ended(asked.frag);
        },
      });
    }
  };
}
