"""Downloads from a server of our own: whole, resumed, damaged, hostile, or not to be had."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from convscope.engine.data import DATASETS, DataError, load_dataset
from convscope.engine.data.download import OfficialFile, cache_folder, fetch

CONTENT = bytes(range(256)) * 4000
FILE = OfficialFile("file.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


class Server(ThreadingHTTPServer):
    """Serves one file; counts requests, may cut the answer short, ignore ranges or send something else."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.cut: int | None = None
        self.ranges = True
        self.status = 200
        self.asked: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server, asked = self.server, self.headers.get("Range")
        server.asked.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
        body = server.content[start:]
        self.send_response(206 if start else server.status)
        self.send_header("Content-Length", str(len(body)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        self.end_headers()
        self.wfile.write(body[: server.cut])

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as running:
        yield running


@pytest.fixture
def other(server):
    with serving() as running:
        yield running


def part(folder):
    return folder / f"{FILE.name}.part"


def fault(*args) -> str:
    with pytest.raises(DataError) as caught:
        fetch(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_arrives_whole_with_its_progress_and_leaves_nothing_else(server, tmp_path):
    told = []
    path = fetch(FILE, [server.address], tmp_path / "new" / "folder", lambda *news: told.append(news))
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == [FILE.name]
    assert {(name, total) for name, _, total in told} == {(f"Downloading {FILE.name}", len(CONTENT))}
    done = [now for _, now, _ in told]
    assert done == sorted(done)
    assert done[-1] == len(CONTENT)


def test_a_file_that_is_there_is_not_fetched_again(server, tmp_path):
    fetch(FILE, [server.address], tmp_path)
    fetch(FILE, [server.address], tmp_path)
    assert len(server.asked) == 1


def test_a_damaged_file_in_the_cache_is_replaced(server, tmp_path):
    (tmp_path / FILE.name).write_bytes(b"damaged")
    assert fetch(FILE, [server.address], tmp_path).read_bytes() == CONTENT


def test_a_broken_download_is_kept_and_goes_on_where_it_stopped(server, tmp_path):
    server.cut = 300_000
    said = fault(FILE, [server.address], tmp_path)
    assert "file.gz cannot be downloaded (127.0.0.1" in said
    assert "try again" in said
    kept = part(tmp_path).read_bytes()
    assert kept == CONTENT[: len(kept)]
    assert len(kept) > 100_000
    assert not (tmp_path / FILE.name).exists()
    server.cut = None
    told = []
    assert fetch(FILE, [server.address], tmp_path, lambda *news: told.append(news)).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={len(kept)}-"]
    assert told[0][1] > len(kept)


def test_the_next_address_goes_on_where_the_first_broke_off(server, other, tmp_path):
    server.cut = 300_000
    assert fetch(FILE, [server.address, other.address], tmp_path).read_bytes() == CONTENT
    [asked] = other.asked
    assert asked.startswith("bytes=")


def test_a_server_without_ranges_sends_all_again(server, tmp_path):
    part(tmp_path).write_bytes(CONTENT[:1000])
    server.ranges = False
    assert fetch(FILE, [server.address], tmp_path).read_bytes() == CONTENT


def test_a_damaged_beginning_is_noticed_and_the_next_attempt_starts_anew(server, tmp_path):
    part(tmp_path).write_bytes(bytes(1000))
    assert "the file's SHA-256 is not" in fault(FILE, [server.address], tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert fetch(FILE, [server.address], tmp_path).read_bytes() == CONTENT


def test_a_wrong_checksum_is_told_and_the_file_not_kept(server, tmp_path):
    server.content = bytes(len(CONTENT))
    said = fault(FILE, [server.address], tmp_path)
    assert f"the file's SHA-256 is not {FILE.sha256[:12]}…" in said
    assert f"put the file into {tmp_path}" in said
    assert list(tmp_path.iterdir()) == []


def test_a_complete_part_is_taken_without_asking(server, tmp_path):
    part(tmp_path).write_bytes(CONTENT)
    assert fetch(FILE, [server.address], tmp_path).read_bytes() == CONTENT
    assert server.asked == []


def test_more_than_the_published_length_is_cut_off(server, tmp_path):
    server.content = CONTENT + bytes(10_000_000)
    assert f"more than the expected {len(CONTENT):,} bytes came" in fault(FILE, [server.address], tmp_path)
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) == 0


def test_less_than_the_published_length_is_told(server, tmp_path):
    server.content = CONTENT[:-10]
    assert f"{len(CONTENT) - 10:,} bytes came instead of {len(CONTENT):,}" in fault(FILE, [server.address], tmp_path)


def test_a_refusing_server_is_passed_over_for_the_next(server, other, tmp_path):
    server.status = 404
    assert fetch(FILE, [server.address, other.address], tmp_path).read_bytes() == CONTENT


def test_every_refusal_is_told(server, other, tmp_path):
    server.status, other.status = 404, 503
    said = fault(FILE, [server.address, other.address], tmp_path)
    assert "it answers 404 Not Found" in said
    assert "it answers 503 Service Unavailable" in said


def test_progress_may_cancel_and_what_came_is_kept(server, tmp_path):
    def cancel(name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(FILE, [server.address], tmp_path, cancel)
    assert part(tmp_path).stat().st_size > 0
    assert not (tmp_path / FILE.name).exists()


def test_a_folder_that_cannot_be_made_is_told(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be written" in fault(FILE, [server.address], tmp_path / "file" / "folder")


@pytest.mark.parametrize(
    ("error", "said"), [(requests.ConnectionError("x"), "no connection"), (requests.Timeout("x"), "it does not answer")]
)
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_without_the_internet_a_dataset_says_which_file_to_put_where(tmp_path, monkeypatch, name, error, said):
    def fail(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(requests, "get", fail)
    monkeypatch.setattr("convscope.engine.data.mnist.cache_folder", lambda dataset: tmp_path / dataset)
    with pytest.raises(DataError) as caught:
        load_dataset(name)
    text = str(caught.value)
    assert text.startswith("train-images-idx3-ubyte.gz cannot be downloaded (")
    assert text.count(said) == 2
    assert f"put the file into {tmp_path / name}, or name a folder that holds it (--data-dir)." in text


def test_downloads_land_in_the_users_own_cache():
    folder = cache_folder("mnist")
    assert folder.is_absolute()
    assert folder.parts[-2:] == ("data", "mnist")
    assert "convscope" in str(folder)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_official_files_have_the_published_checksums(shared, name):
    folder = shared / "data" / name
    if not folder.is_dir():
        pytest.skip(f"../shared/data/{name} is absent")
    for file in DATASETS[name].load.args[0].files:
        content = (folder / file.name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.nbytes, file.sha256)
