/** Lets the items of a list be dragged to another place by their handles, with mouse or finger. */

/** Pixels that a pointer moves before it drags: less is a click. */
const SLACK = 6;
/** Pixels from the upper and lower end of the window within which it scrolls, and how fast. */
const EDGE = 110;
const SCROLL = 9;

/**
 * @typedef {object} Drag
 * @property {HTMLElement} item
 * @property {HTMLElement[]} items all of them, in their order
 * @property {number[]} middles where they were, from the top of the document
 * @property {number} from
 * @property {number} to
 * @property {number} startedAt where the pointer was, from the top of the document
 * @property {number} pointer where it is in the window
 * @property {boolean} begun
 */

export class DragList {
  /**
   * @param {HTMLElement} list
   * @param {string} handle selector of what an item is dragged by
   * @param {(from: number, to: number) => Promise<unknown>} drop asks for the move; the item stays
   *   where it was dropped until that is answered
   */
  constructor(list, handle, drop) {
    /** @private */
    this._list = list;
    /** @private */
    this._handle = handle;
    /** @private */
    this._drop = drop;
    /** @private @type {Drag | null} */
    this._drag = null;
    /** @private */
    this._clicked = false;
    /** @private @type {Drag | null} what was dropped, and is being asked for */
    this._dropped = null;
  }

  /** Listen for pointers. */
  start() {
    const list = this._list;
    list.addEventListener("pointerdown", (event) => this._take(event));
    list.addEventListener("pointermove", (event) => this._move(event));
    list.addEventListener("pointerup", () => void this._let());
    list.addEventListener("pointercancel", () => this.cancel());
    // The end of a drag with the mouse is a click as well.
    list.addEventListener("click", (event) => this._clicked && event.stopPropagation(), true);
  }

  /** Put everything back: the list has changed under the finger. */
  cancel() {
    for (const drag of [this._drag, this._dropped]) if (drag) settle(drag);
    this._list.classList.remove("sorting");
    this._drag = null;
    this._dropped = null;
  }

  /**
   * @private
   * @param {PointerEvent} event
   */
  _take(event) {
    if (event.button !== 0 || !(event.target instanceof Element)) return;
    const handle = event.target.closest(this._handle);
    const items = Array.from(this._list.children).filter(isItem);
    const from = items.findIndex((item) => handle !== null && item.contains(handle));
    if (!handle || from < 0) return;
    handle.setPointerCapture(event.pointerId);
    this._drag = {
      item: items[from],
      items,
      middles: items.map((item) => {
        const { top, height } = item.getBoundingClientRect();
        return scrollY + top + height / 2;
      }),
      from,
      to: from,
      startedAt: scrollY + event.clientY,
      pointer: event.clientY,
      begun: false,
    };
  }

  /**
   * @private
   * @param {PointerEvent} event
   */
  _move({ clientY }) {
    const drag = this._drag;
    if (!drag) return;
    drag.pointer = clientY;
    if (!drag.begun && Math.abs(scrollY + clientY - drag.startedAt) > SLACK) {
      drag.begun = true;
      drag.item.classList.add("dragged");
      this._list.classList.add("sorting");
      this._scroll(drag);
    }
    if (drag.begun) place(drag);
  }

  /**
   * Scroll as long as the pointer is near an end of the window.
   * @private
   * @param {Drag} drag
   */
  _scroll(drag) {
    if (drag !== this._drag) return;
    const down = drag.pointer > innerHeight - EDGE;
    if (down || drag.pointer < EDGE) {
      scrollBy(0, down ? SCROLL : -SCROLL);
      place(drag);
    }
    requestAnimationFrame(() => this._scroll(drag));
  }

  /** @private */
  async _let() {
    const drag = this._drag;
    this._drag = null;
    if (!drag || !drag.begun) return;
    this._clicked = true;
    setTimeout(() => (this._clicked = false));
    this._dropped = drag;
    if (drag.to !== drag.from) await this._drop(drag.from, drag.to);
    if (this._dropped === drag) this.cancel();
  }
}

/**
 * Draw the item under the pointer, and the others out of its way.
 * @param {Drag} drag
 */
function place(drag) {
  const { item, items, middles, from, pointer, startedAt } = drag;
  const way = scrollY + pointer - startedAt;
  const middle = middles[from] + way;
  const height = items.length > 1 ? Math.abs(middles[1] - middles[0]) : 0;
  // Half of another one covered is enough to change places with it.
  const passed = middles.filter((one, index) => index > from && middle > one - height / 2).length;
  const back = middles.filter((one, index) => index < from && middle < one + height / 2).length;
  const to = from + passed - back;
  drag.to = to;
  item.style.transform = `translateY(${way}px)`;
  items.forEach((other, index) => {
    if (other === item) return;
    const down = index < from && index >= to;
    const up = index > from && index <= to;
    other.style.transform = down ? `translateY(${height}px)` : up ? `translateY(${-height}px)` : "";
  });
}

/** @param {Drag} drag */
function settle({ item, items }) {
  item.classList.remove("dragged");
  for (const one of items) one.style.transform = "";
}

/**
 * @param {Element} element
 * @returns {element is HTMLElement}
 */
function isItem(element) {
  return element instanceof HTMLElement;
}
