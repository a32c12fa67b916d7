/** The media session: what the system shows of playback, and the keys of keyboards and headsets. */

/**
 * @typedef {import("../protocol/player-state.js").PlayerState} PlayerState
 * @typedef {(procedure: string, parameters?: Record<string, unknown>) => void} Ask
 */

/** @type {Partial<Record<MediaSessionAction, [string, (details: any) => Record<string, unknown>]>>} */
const ACTIONS = {
  play: ["play", () => ({})],
  pause: ["pause", () => ({})],
  stop: ["stop", () => ({})],
  nexttrack: ["next", () => ({})],
  previoustrack: ["previous", () => ({})],
  seekbackward: ["seek/by", ({ seekOffset }) => ({ offset: -(seekOffset || 10) })],
  seekforward: ["seek/by", ({ seekOffset }) => ({ offset: seekOffset || 10 })],
  seekto: ["seek", ({ seekTime }) => ({ position: seekTime || 0 })],
};

export class SystemControls {
  #session;
  #ask;
  #told = "";
  /** @type {Map<string, boolean>} */
  #offered = new Map();

  /**
   * @param {Navigator} navigator
   * @param {Ask} ask
   */
  constructor(navigator, ask) {
    this.#session = "mediaSession" in navigator ? navigator.mediaSession : null;
    this.#ask = ask;
  }

  /** @param {PlayerState} state */
  show(state) {
    const session = this.#session;
    if (!session) return;
    this.#describe(session, state);
    session.playbackState = state.playing ? "playing" : state.source ? "paused" : "none";
    for (const action of /** @type {MediaSessionAction[]} */ (Object.keys(ACTIONS))) {
      this.#offer(session, action, state);
    }
    place(session, state);
  }

  /**
   * @param {MediaSession} session
   * @param {PlayerState} state
   */
  #describe(session, { title, name, poster, source, artist, album }) {
    const told = JSON.stringify([title, name, poster, artist, album]);
    if (told === this.#told) return;
    this.#told = told;
    const artwork = poster ? [{ src: new URL(poster, document.baseURI).href }] : [];
    session.metadata = source
      ? new MediaMetadata({
          title: title || "",
          artist: artist || name,
          album: album || "",
          artwork,
        })
      : null;
  }

  /**
   * @param {MediaSession} session
   * @param {MediaSessionAction} action
   * @param {PlayerState} state
   */
  #offer(session, action, { can }) {
    const [procedure, parameters] = ACTIONS[action] || ["", () => ({})];
    const possible = can.includes(procedure);
    if (this.#offered.get(action) === possible) return;
    this.#offered.set(action, possible);
    try {
      session.setActionHandler(
        action,
        possible ? (details) => this.#ask(procedure, parameters(details)) : null,
      );
    } catch {
      // the browser does not know this action; the others are offered
    }
  }
}

/**
 * @param {MediaSession} session
 * @param {PlayerState} state
 */
function place(session, { duration, position, rate }) {
  if (!session.setPositionState) return;
  if (duration === null) session.setPositionState();
  else
    session.setPositionState({
      duration,
      position: Math.min(position, duration),
      playbackRate: rate,
    });
}
