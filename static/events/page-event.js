/** Events that elements dispatch and a page handles, each a class; a handler may answer. */

/** @template [T=unknown] the value of the answer */
export class PageEvent extends Event {
  static type = "";

  /** Resolves to the answer; to null if there is none, or it failed. @type {Promise<T | null>} */
  answer = Promise.resolve(null);
  /** Resolves once there is an answer: whether it succeeded. */
  settled = Promise.resolve(false);

  constructor() {
    super(new.target.type, { bubbles: true, composed: true });
  }

  /** @param {Promise<T>} answer */
  respondWith(answer) {
    this.answer = answer.catch(() => null);
    this.settled = answer.then(
      () => true,
      () => false,
    );
  }
}

/**
 * Call `listener` for each event of this class that reaches `target`.
 * @template {PageEvent<any>} E
 * @param {EventTarget} target
 * @param {{ new (...values: any[]): E, type: string }} kind
 * @param {(event: E) => void} listener
 */
export function listenFor(target, kind, listener) {
  target.addEventListener(kind.type, (event) => {
    if (event instanceof kind) listener(event);
  });
}
