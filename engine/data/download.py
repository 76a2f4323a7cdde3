"""Official files from the internet into the user's cache: resumed where they stopped, checked, moved in place whole."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .dataset import DataError

if TYPE_CHECKING:
    import requests

Progress = Callable[[str, int, int], None]
"""Called with what is being done ("Downloading NAME"), the bytes done and the bytes in all. It may raise to cancel."""

CONNECT_SECONDS, READ_SECONDS = 10, 30
_CHUNK = 1 << 16


@dataclass(frozen=True)
class OfficialFile:
    """A published file: its name, its length in bytes and its SHA-256."""

    name: str
    nbytes: int
    sha256: str


def cache_folder(dataset: str) -> Path:
    """Where downloaded files of a dataset are kept."""
    from platformdirs import user_cache_path  # noqa: PLC0415

    return user_cache_path("convscope", appauthor=False) / "data" / dataset


def fetch(file: OfficialFile, addresses: Sequence[str], folder: Path, progress: Progress | None = None) -> Path:
    """The file in `folder`, downloaded from the first address (a folder's URL) that has it unless it is there already.

    A broken download leaves `NAME.part`, from which the next attempt goes on. DataError says what failed and where to
    put the file by hand.
    """
    import pooch  # starting it takes 0.2 s, which only a download should pay  # noqa: PLC0415
    import requests  # noqa: PLC0415

    pooch.get_logger().setLevel("WARNING")
    target = folder / file.name
    download = _Download(file, folder / f"{file.name}.part", progress)
    failures = [f"{target} is damaged"] if target.exists() else []
    for address in addresses:
        url, known = f"{address}{file.name}", f"sha256:{file.sha256}"
        try:
            pooch.retrieve(url, known, fname=file.name, path=folder, downloader=download)
        except (requests.RequestException, DataError) as error:
            failures.append(f"{_host(address)}: {_reason(error)}")
        except ValueError:  # pooch's word for a wrong checksum
            failures.append(f"{_host(address)}: the file's SHA-256 is not {file.sha256[:12]}…")
        except OSError as error:
            why = error.strerror or error
            raise DataError(f"{folder} cannot be written ({why}); free some space or allow writing there.") from None
        else:
            return target
    raise DataError(
        f"{file.name} cannot be downloaded ({'; '.join(failures)}). Check the connection and try again, "
        f"or put the file into {folder}, or name a folder that holds it (--data-dir)."
    )


class _Download:
    """pooch's downloader with resume: bytes gather in a `.part` file that survives interruption."""

    def __init__(self, file: OfficialFile, part: Path, progress: Progress | None) -> None:
        self.file, self.part, self.progress = file, part, progress

    def __call__(self, url: str, output_file: Any, pooch: Any, check_only: bool = False) -> None:
        if self._gathered() < self.file.nbytes:
            self._receive(url)
        if (got := self._gathered()) != self.file.nbytes:
            raise DataError(f"{got:,} bytes came instead of {self.file.nbytes:,}")
        os.replace(self.part, output_file)

    def _gathered(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _receive(self, url: str) -> None:
        import requests  # noqa: PLC0415

        start = self._gathered()
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
        with requests.get(url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response:
            response.raise_for_status()
            start = start if _continues(response, start) else 0
            with open(self.part, "ab" if start else "wb") as out:
                for chunk in response.iter_content(_CHUNK):
                    start += len(chunk)
                    if start > self.file.nbytes:
                        out.truncate(0)
                        raise DataError(f"more than the expected {self.file.nbytes:,} bytes came")
                    out.write(chunk)
                    if self.progress:
                        self.progress(f"Downloading {self.file.name}", start, self.file.nbytes)


def _continues(response: requests.Response, start: int) -> bool:
    """Whether the server sends the rest, as asked, and not the whole file anew."""
    given = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return response.status_code == 206 and given is not None and int(given[1]) == start


def _host(address: str) -> str:
    return address.split("/")[2]


def _reason(error: Exception) -> str:
    import requests  # noqa: PLC0415

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "it does not answer"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error) or type(error).__name__
