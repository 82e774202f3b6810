"""Serves the front-end libraries out of node_modules, under static/vendor/<package>/<file>."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PREFIX = "vendor"
# Package, then the files of it that pages use: never a whole package, which holds sources and build files.
SERVED: dict[str, tuple[str, ...]] = {
    # The maps are named in the files, and hashed names want everything that is named.
    "@tabler/core": (
        "dist/css/tabler.min.css*",
        "dist/css/tabler-vendors.min.css*",
        "dist/css/tabler-themes.min.css*",
        "dist/js/tabler.min.js*",
        "dist/js/tabler.esm.min.js*",
        "dist/js/tabler-theme.min.js*",
    ),
    "@tabler/icons-sprite": ("dist/*.svg",),
    "htmx.org": ("dist/htmx.min.js",),
    "idiomorph": ("dist/idiomorph-ext.min.js", "dist/idiomorph.min.js"),
    "@fontsource/atkinson-hyperlegible": ("*.css", "files/*.woff2", "files/*.woff"),
}


class PrefixedStorage(FileSystemStorage):
    """A storage that tells collectstatic under which folder its files go."""

    prefix = PREFIX


class NpmFinder(BaseFinder):
    """Finds only the files named above."""

    def __init__(self, app_names: object = None, *args: object, **kwargs: object) -> None:
        self.root = Path(settings.BASE_DIR) / "node_modules"
        self.storage = PrefixedStorage(location=str(self.root))
        super().__init__(*args, **kwargs)

    def find(self, path: str, find_all: bool = False, **kwargs: object) -> Any:
        """Return the file behind `vendor/...`, or an empty list."""
        found = [str(self.root / name) for name in self._names() if f"{PREFIX}/{name}" == path]
        if find_all:
            return found
        return found[0] if found else []

    def list(self, ignore_patterns: object) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield each served file with its storage."""
        for name in self._names():
            yield name, self.storage

    def _names(self) -> Iterator[str]:
        for package, patterns in SERVED.items():
            folder = self.root / package
            for pattern in patterns:
                for file in sorted(folder.glob(pattern)):
                    if file.is_file():
                        yield str(file.relative_to(self.root))
