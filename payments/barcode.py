"""The bar code at the foot of a receipt, as a drawing for the page."""

from __future__ import annotations

import zint
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

HEIGHT = 40
QUIET_ZONE = 10


def code_128(text: str) -> SafeString:
    """Draw ``text`` in Code 128, with quiet zones and the text as its name."""
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.CODE128
    symbol.encode(text)
    width = symbol.width + 2 * QUIET_ZONE
    row = symbol.encoded_data
    bars = [at for at in range(symbol.width) if row[0, at // 8] >> (at % 8) & 1]
    drawn = format_html_join(
        "", '<rect x="{}" y="0" width="1" height="{}"/>', ((at + QUIET_ZONE, HEIGHT) for at in bars)
    )
    return format_html(
        '<svg class="receipt-barcode" role="img" aria-label="Bar code of {}" viewBox="0 0 {} {}"'
        ' preserveAspectRatio="none" shape-rendering="crispEdges">{}</svg>',
        text,
        width,
        HEIGHT,
        drawn,
    )
