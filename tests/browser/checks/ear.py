"""What a player's page lets be heard, as its pitch."""

from __future__ import annotations

from typing import Final

from tests.browser.driving.page_driver import PageDriver

NEAR: Final = 40
"""Hz by which a pitch may be off: two steps of what is measured."""

# Defines `pitch()`: the loudest tone now, in Hz; 0 for silence.
_EAR: Final = """
  const ear = (window.ear ||= (() => {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 2048, smoothingTimeConstant: 0 });
    return { context, analyser, track: null };
  })());
  const pitch = () => {
    const { context, analyser } = ear;
    const [track] = document.querySelector("video").captureStream().getAudioTracks();
    if (!track) return 0;
    if (ear.track !== track) {
      ear.track = track;
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    }
    const loud = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(loud);
    const top = Math.max(...loud);
    return top < -80 ? 0 : (loud.indexOf(top) * context.sampleRate) / analyser.fftSize;
  };
"""
_PITCH: Final = f"(() => {{ {_EAR} return pitch(); }})()"
_WAIT: Final = f"""(() => {{ {_EAR}
  const began = performance.now();
  window.heard = new Promise((done) => {{
    const look = () => Math.abs(pitch() - %d) < {NEAR} && !document.querySelector("video").paused
      ? done((performance.now() - began) / 1000) : setTimeout(look, 10);
    look();
  }});
  return true;
}})()"""


def hears(page: PageDriver, hertz: int) -> bool:
    """Tell whether this tone is what can be heard."""
    return abs(float(page.see(_PITCH)) - hertz) < NEAR


def listen(page: PageDriver, hertz: int) -> None:
    """Begin to wait for a tone."""
    page.see(_WAIT % hertz)


def heard_after(page: PageDriver) -> float:
    """Return how many seconds after `listen` the tone was heard."""
    return float(page.see("window.heard"))
