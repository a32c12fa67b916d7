/** Reorders the items of a list, dragged by their handles with mouse or finger. */

/** Pixels that a pointer must move to drag; less is a click. */
const SLACK = 6;
/** Pixels from the top and bottom of the window within which it scrolls, and the speed. */
const EDGE = 110;
const SCROLL = 9;

/**
 * @typedef {object} Drag
 * @property {HTMLElement} item
 * @property {HTMLElement[]} items all of them, in their order
 * @property {number[]} middles their places, from the top of the document
 * @property {number} from
 * @property {number} to
 * @property {number} startedAt the first place of the pointer, from the top of the document
 * @property {number} pointer its present place in the window
 * @property {boolean} begun
 */

export class DragList {
  #list;
  #handle;
  #drop;
  /** @type {Drag | null} */
  #drag = null;
  #clicked = false;
  /** @type {Drag | null} the dropped item, whose move is pending */
  #dropped = null;

  /**
   * @param {HTMLElement} list
   * @param {string} handle selector of an item's handle
   * @param {(from: number, to: number) => Promise<unknown>} drop requests the move; the item
   *   stays where it was dropped until there is an answer
   */
  constructor(list, handle, drop) {
    this.#list = list;
    this.#handle = handle;
    this.#drop = drop;
  }

  /** Listen for pointers. */
  start() {
    const list = this.#list;
    list.addEventListener("pointerdown", (event) => this.#take(event));
    list.addEventListener("pointermove", (event) => this.#move(event));
    list.addEventListener("pointerup", () => void this.#let());
    list.addEventListener("pointercancel", () => this.cancel());
    // a drag with the mouse also ends with a click
    list.addEventListener("click", (event) => this.#clicked && event.stopPropagation(), true);
  }

  /** Cancel the drag, because the list has changed. */
  cancel() {
    for (const drag of [this.#drag, this.#dropped]) if (drag) settle(drag);
    this.#list.classList.remove("sorting");
    this.#drag = null;
    this.#dropped = null;
  }

  /** @param {PointerEvent} event */
  #take(event) {
    if (event.button !== 0 || !(event.target instanceof Element)) return;
    const handle = event.target.closest(this.#handle);
    const items = Array.from(this.#list.children).filter(isItem);
    const from = items.findIndex((item) => handle !== null && item.contains(handle));
    if (!handle || from < 0) return;
    handle.setPointerCapture(event.pointerId);
    this.#drag = {
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

  /** @param {PointerEvent} event */
  #move({ clientY }) {
    const drag = this.#drag;
    if (!drag) return;
    drag.pointer = clientY;
    if (!drag.begun && Math.abs(scrollY + clientY - drag.startedAt) > SLACK) {
      drag.begun = true;
      drag.item.classList.add("dragged");
      this.#list.classList.add("sorting");
      this.#scroll(drag);
    }
    if (drag.begun) place(drag);
  }

  /**
   * Scroll while the pointer is near the top or bottom of the window.
   *
   * @param {Drag} drag
   */
  #scroll(drag) {
    if (drag !== this.#drag) return;
    const down = drag.pointer > innerHeight - EDGE;
    if (down || drag.pointer < EDGE) {
      scrollBy(0, down ? SCROLL : -SCROLL);
      place(drag);
    }
    requestAnimationFrame(() => this.#scroll(drag));
  }

  async #let() {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag || !drag.begun) return;
    this.#clicked = true;
    setTimeout(() => (this.#clicked = false));
    this.#dropped = drag;
    if (drag.to !== drag.from) await this.#drop(drag.from, drag.to);
    if (this.#dropped === drag) this.cancel();
  }
}

/**
 * Draw the item under the pointer, and move the others out of its way.
 * @param {Drag} drag
 */
function place(drag) {
  const { item, items, middles, from, pointer, startedAt } = drag;
  const way = scrollY + pointer - startedAt;
  const middle = middles[from] + way;
  const height = items.length > 1 ? Math.abs(middles[1] - middles[0]) : 0;
  // items change places when one covers half of the other
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
