"""Filters from high dynamic range (ITU-R BT.2100) to what every screen shows (BT.709); no I/O.

They are tables and a matrix, which every build of ffmpeg has.
"""

from __future__ import annotations

from typing import Final

TRANSFERS: Final = {"smpte2084": "pq", "arib-std-b67": "hlg"}
"""The transfers of a high dynamic range, by ffmpeg's names (ITU-T H.273, table 3)."""

_WHITE: Final = 203.0  # cd/m2 of white in a film (ITU-R BT.2408); what is brighter is a highlight
_PEAK: Final = 1000.0  # cd/m2 of the brightest that can be told from what is less bright
_KNEE: Final = 0.5  # the share of white up to which light stays as it is

_CODE: Final = "(val/maxval)"
_PQ_ROOT: Final = f"pow({_CODE},1/78.84375)"
# Light in cd/m2 by the code (BT.2100, tables 4 and 5; HLG on a screen of `_PEAK`)
_LIGHT: Final = {
    "pq": (
        f"10000*pow(max({_PQ_ROOT}-0.8359375,0)/(18.8515625-18.6875*{_PQ_ROOT}),1/0.1593017578125)"
    ),
    "hlg": (
        f"{_PEAK}*pow(if(lte({_CODE},0.5),{_CODE}*{_CODE}/3,"
        f"(exp(({_CODE}-0.55991073)/0.17883277)+0.28466892)/12),1.2)"
    ),
}
# Linear light with the primaries of BT.2020 in those of BT.709 (ITU-R BT.2087).
_PRIMARIES: Final = (
    "rr=1.660491:rg=-0.587641:rb=-0.072850:gr=-0.124550:gg=1.132900:gb=-0.008349"
    ":br=-0.018151:bg=-0.100579:bb=1.118730"
)
_GAMMA: Final = 2.4  # of a screen (ITU-R BT.1886)


_FILM: Final = [
    ("scale", "out_color_matrix=bt709:out_range=tv"),
    ("format", "yuv420p"),
    ("setparams", "color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"),
]
_JPEG: Final = [("scale", "out_color_matrix=bt601:out_range=pc"), ("format", "yuvj420p")]


def steps(transfer: str, *, is_jpeg: bool = False) -> list[tuple[str, str]]:
    """Return the filters for a picture in their order, each with its arguments.

    Args:
        transfer: how it codes light: ``pq`` or ``hlg``.
        is_jpeg: whether a JPEG is made of it, and not a film.
    """
    return [
        ("scale", "in_color_matrix=bt2020:out_range=pc"),
        ("format", "gbrp16le"),
        ("lutrgb", _table(f"maxval*min(1,{_LIGHT[transfer]}/{_PEAK})")),
        ("colorchannelmixer", _PRIMARIES),
        ("lutrgb", _table(_shown())),
        *(_JPEG if is_jpeg else _FILM),
    ]


def filters(transfer: str, *, is_jpeg: bool = False) -> str:
    """Return `steps` as ffmpeg takes them."""
    return ",".join(f"{name}={given}" for name, given in steps(transfer, is_jpeg=is_jpeg))


def _shown() -> str:
    """Return the code by light: above the knee a hyperbola, which meets the peak at 1."""
    peak, knee = _PEAK / _WHITE, _KNEE
    start = -knee * knee * (peak - 1) / (knee * knee - 2 * knee + peak)
    bend = (knee * knee - 2 * knee * peak + peak) / (peak - 1)
    scale = (bend + knee) ** 2 / (bend - start)
    curve = f"min(1,{scale:.6f}*(ld(0)-{-start:.6f})/(ld(0)+{bend:.6f}))"
    light = f"if(lte(ld(0),{knee}),ld(0),{curve})"
    return f"st(0,{_CODE}*{peak:.6f});maxval*pow({light},1/{_GAMMA})"


def _table(expression: str) -> str:
    return f"'{expression}':'{expression}':'{expression}'"
