/** Reloads the page when its files have changed; in development only. */

const PAUSE = 700;

/** @type {string | null} */
let first = null;

async function look() {
  try {
    const answer = await fetch(new URL("api/stamp", document.baseURI), { cache: "no-store" });
    if (answer.ok) {
      const { stamp } = await answer.json();
      if (first !== null && stamp !== first) location.reload();
      first = stamp;
    }
  } catch {
    // the server is restarting
  }
  setTimeout(look, PAUSE);
}

void look();
