"""Addresses of other apps' pages, by name. A page that this installation does not serve has none."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse


def link(name: str, *args: object) -> str:
    """The address of a named page, or "" where it is not served: the text is then shown without a link."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
