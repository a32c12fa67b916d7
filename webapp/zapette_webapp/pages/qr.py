"""QR codes: as SVG for the page, as text for the terminal."""

from __future__ import annotations

import io

import qrcode
from qrcode.image.svg import SvgPathImage


def svg(text: str) -> str:
    """Return a QR code of `text` as an SVG document: dark on white, with a margin of 4 modules."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_L, border=4)
    code.add_data(text)
    image = code.make_image(image_factory=_WhiteSvg)
    return image.to_string(encoding="unicode")


def terminal(text: str) -> str:
    """Return a QR code of `text` in half blocks, readable on dark and on light terminals alike."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_L, border=2)
    code.add_data(text)
    drawing = io.StringIO()
    code.print_ascii(out=drawing, invert=True)
    return drawing.getvalue()


class _WhiteSvg(SvgPathImage):
    # Cameras need the white background, on a dark page too.
    background = "white"
