import gzip
import io
import os
import stat
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megaregion.errors import InputError, LimitError
from megaregion.sources.container import ContainerLimits, open_container

STOPS = b"stop_id,stop_name\nA,Alpha\n"


def zipped(entries, *, compression=zipfile.ZIP_DEFLATED):
    """Bytes of a zip of (name or ZipInfo, contents)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, contents in entries:
            archive.writestr(name, contents)
    return buffer.getvalue()


def entry(name, mode):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def test_folder_zip_gzip_file_and_bytes_look_the_same(tmp_path):
    folder = tmp_path / "feed"
    folder.mkdir()
    (folder / "stops.txt").write_bytes(STOPS)
    (folder / "notes.pdf").write_bytes(b"%PDF")
    archive = zipped([("stops.txt", STOPS), ("notes.pdf", b"%PDF")])
    (tmp_path / "feed.zip").write_bytes(archive)
    (tmp_path / "stops.txt.gz").write_bytes(gzip.compress(STOPS))
    (tmp_path / "stops.txt").write_bytes(STOPS)
    sources = [
        folder,
        tmp_path / "feed.zip",
        archive,
        tmp_path / "stops.txt.gz",
        str(tmp_path / "stops.txt"),
    ]
    for source in sources:
        box = open_container(source, allowed={"stops.txt"})
        assert box.files == ("stops.txt",)
        assert "stops.txt" in box
        assert box.read("stops.txt") == STOPS
        with box.open("stops.txt") as stream:
            assert [stream.readline(), stream.readline()] == STOPS.splitlines(keepends=True)
    box = open_container(gzip.compress(STOPS), name="stops.txt.gz")
    assert (box.files, box.read("stops.txt")) == (("stops.txt",), STOPS)
    assert open_container(STOPS, name="stops.txt").read("stops.txt") == STOPS


def test_only_listed_names_can_be_opened():
    box = open_container(zipped([("stops.txt", STOPS), ("evil.exe", b"MZ")]), name="f.zip", allowed={"stops.txt"})
    with pytest.raises(InputError, match=r"f\.zip: there is no file 'evil\.exe'; it holds stops\.txt"):
        box.open("evil.exe")


def test_files_in_a_subfolder_are_named_and_what_file_managers_leave_is_not(tmp_path):
    archive = zipped(
        [("gtfs/stops.txt", STOPS), ("__MACOSX/gtfs/._stops.txt", b"x"), (".DS_Store", b"x"), ("gtfs/", b"")]
    )
    box = open_container(archive)
    assert box.files == ()
    assert dict(box.subfolders) == {"gtfs": ("stops.txt",)}
    (tmp_path / "gtfs").mkdir()
    (tmp_path / "gtfs" / "stops.txt").write_bytes(STOPS)
    (tmp_path / ".git").mkdir()
    assert dict(open_container(tmp_path).subfolders) == {"gtfs": ("stops.txt",)}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../evil.txt", "climbs out of the archive"),
        ("feed/../../evil.txt", "climbs out of the archive"),
        ("..\\evil.txt", "climbs out of the archive"),
        ("/etc/passwd", "absolute path"),
        ("\\\\host\\share\\x.txt", "absolute path"),
        ("C:/windows/x.txt", "absolute path"),
        ("c:x.txt", "absolute path"),
        ("inner.zip", "archive inside an archive"),
        ("folder/inner.TAR.GZ", "archive inside an archive"),
        (entry("link.txt", stat.S_IFLNK | 0o777), "symbolic link"),
        (entry("tty.txt", stat.S_IFCHR | 0o600), "device, a pipe or a socket"),
        (entry("fifo.txt", stat.S_IFIFO | 0o600), "device, a pipe or a socket"),
    ],
)
def test_an_unsafe_entry_refuses_the_whole_archive_by_name(name, reason):
    archive = zipped([("stops.txt", STOPS), (name, b"/etc/passwd")])
    with pytest.raises(LimitError, match=reason) as problem:
        open_container(archive, name="feed.zip", allowed={"stops.txt"})
    written = name if isinstance(name, str) else name.filename
    assert f"feed.zip: entry '{written}' " in str(problem.value)
    assert "Write it again" in str(problem.value)


def test_two_entries_of_one_name_are_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = zipped([("stops.txt", STOPS), ("stops.txt", b"other")])
    with pytest.raises(LimitError, match=r"entry 'stops\.txt' stands in the archive twice"):
        open_container(archive)


def test_names_that_differ_by_case_are_refused(tmp_path):
    with pytest.raises(LimitError, match=r"entries 'Stops\.txt' and 'stops\.txt' differ by case only"):
        open_container(zipped([("stops.txt", STOPS), ("Stops.txt", STOPS)]))
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "A.txt").write_text("")
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system does not tell case apart")
    with pytest.raises(LimitError, match="differ by case only"):
        open_container(tmp_path)


def test_an_encrypted_entry_is_refused():
    archive = bytearray(zipped([("stops.txt", STOPS)]))
    archive[6] |= 1  # flag in the local header
    central = archive.index(b"PK\x01\x02")
    archive[central + 8] |= 1
    with pytest.raises(LimitError, match=r"entry 'stops\.txt' is encrypted"):
        open_container(bytes(archive))


def test_an_archive_under_another_name_is_refused_when_opened():
    box = open_container(zipped([("stops.txt", zipped([("x", b"y")]))]), name="feed.zip")
    with pytest.raises(LimitError, match=r"feed\.zip: entry 'stops\.txt' is an archive inside an archive"):
        box.read("stops.txt")


def test_a_zip_bomb_is_refused_by_what_it_declares():
    bomb = zipped([("stops.txt", b"\0" * 30_000_000)])
    assert len(bomb) < 40_000
    with pytest.raises(LimitError, match=r"entry 'stops\.txt' declares 30,000,000 bytes from .* a ratio of 1,0\d\d"):
        open_container(bomb)
    # the same ratio in a small file does no harm
    assert len(open_container(zipped([("stops.txt", b"\0" * 900_000)])).read("stops.txt")) == 900_000


def test_sizes_above_a_limit_are_refused():
    stored = zipped([("a.txt", bytes(range(200)) * 10), ("b.txt", STOPS)])
    with pytest.raises(LimitError, match=r"entry 'a\.txt' declares 2,000 bytes; at most 1,000 are accepted"):
        open_container(stored, limits=ContainerLimits(max_entry_bytes=1_000))
    with pytest.raises(LimitError, match=r"its 2 entries declare 2,026 bytes together; at most 2,000"):
        open_container(stored, limits=ContainerLimits(max_total_bytes=2_000))
    with pytest.raises(LimitError, match="has 2 entries; at most 1 are accepted"):
        open_container(stored, limits=ContainerLimits(max_entries=1))
    with pytest.raises(LimitError, match=r"stops\.txt: has 26 bytes; at most 10"):
        open_container(STOPS, name="stops.txt", limits=ContainerLimits(max_entry_bytes=10))


def test_a_gzip_bomb_is_stopped_while_it_streams():
    packed = gzip.compress(b"\0" * 30_000_000)
    box = open_container(packed, name="stop_times.txt.gz")
    with box.open("stop_times.txt") as stream, pytest.raises(LimitError, match=r"entry 'stop_times\.txt' unpacks to"):
        stream.read()
    with box.open("stop_times.txt") as stream:
        assert len(stream.read(1_000_000)) == 1_000_000


@pytest.mark.parametrize("declared", [10, 26 + 7])
def test_a_size_header_that_lies_is_found_while_reading(declared):
    archive = bytearray(zipped([("stops.txt", STOPS)]))
    central = archive.index(b"PK\x01\x02")
    struct.pack_into("<I", archive, central + 24, declared)
    struct.pack_into("<I", archive, 22, declared)
    box = open_container(bytes(archive), name="feed.zip")
    with pytest.raises(LimitError, match=r"feed\.zip: entry 'stops\.txt' .*(?:lies|declares)") as problem:
        box.read("stops.txt")
    assert "again" in str(problem.value)


def test_headers_that_claim_more_packed_bytes_than_there_are_overlap():
    archive = bytearray(zipped([("stops.txt", STOPS)]))
    struct.pack_into("<I", archive, archive.index(b"PK\x01\x02") + 20, 1_000_000)
    with pytest.raises(LimitError, match="they overlap or their headers lie"):
        open_container(bytes(archive))


def test_damage_is_an_error_with_the_name():
    archive = bytearray(zipped([("stops.txt", STOPS)], compression=zipfile.ZIP_STORED))
    archive[archive.index(b"Alpha")] ^= 1
    with pytest.raises(LimitError, match=r"entry 'stops\.txt' is damaged.*CRC"):
        open_container(bytes(archive)).read("stops.txt")
    with pytest.raises(LimitError, match=r"entry 'x' is damaged"):
        open_container(gzip.compress(STOPS)[:-9], name="x.gz").read("x")
    with pytest.raises(InputError, match=r"f\.zip: the zip cannot be opened"):
        open_container(zipped([("stops.txt", STOPS)])[:-30], name="f.zip")


def test_a_page_saved_as_zip_is_said_to_be_no_zip(tmp_path):
    (tmp_path / "feed.zip").write_text("<html>404</html>")
    with pytest.raises(InputError, match=r"feed\.zip: is not a zip file: it begins with b'<htm'.*download it again"):
        open_container(tmp_path / "feed.zip")
    (tmp_path / "empty.zip").write_bytes(b"")
    with pytest.raises(InputError, match=r"empty\.zip: is not a zip file: it is empty"):
        open_container(tmp_path / "empty.zip")
    with pytest.raises(InputError, match="there is no such file or folder"):
        open_container(tmp_path / "nowhere")
    with pytest.raises(LimitError, match=r"holds the archive|archive inside an archive"):
        open_container(gzip.compress(b"x"), name="feed.tar.gz")


def test_links_and_pipes_in_a_folder(tmp_path):
    (tmp_path / "outside.txt").write_bytes(STOPS)
    folder = tmp_path / "feed"
    folder.mkdir()
    (folder / "real.txt").write_bytes(STOPS)
    (folder / "stops.txt").symlink_to("real.txt")
    assert open_container(folder).read("stops.txt") == STOPS
    (folder / "routes.txt").symlink_to(tmp_path / "outside.txt")
    with pytest.raises(LimitError, match=r"entry 'routes\.txt' is a link that leaves the folder"):
        open_container(folder)
    (folder / "routes.txt").unlink()
    os.mkfifo(folder / "pipe.txt")
    with pytest.raises(LimitError, match=r"entry 'pipe\.txt' is a device or a pipe"):
        open_container(folder)
    with pytest.raises(LimitError, match="neither a file nor a folder"):
        open_container(folder / "pipe.txt")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 255))
def test_a_changed_byte_never_gives_other_contents_in_silence(contents, place, byte):
    archive = bytearray(zipped([("stops.txt", contents)]))
    archive[place % len(archive)] = byte
    try:
        box = open_container(bytes(archive), name="feed.zip", allowed={"stops.txt"})
        if "stops.txt" in box:
            assert box.read("stops.txt") == contents
    except InputError as problem:
        assert "feed.zip" in str(problem)  # noqa: PT017
