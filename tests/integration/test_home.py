"""The folder of one installation: made once, its keys for its owner alone, held by one process at a time."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.config import Config
from newsletter.errors import AlreadyRunning, ConfigError, NewsletterError, NotFound
from newsletter.home import Home, documented_config, held, make_home, read_config, read_secret

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home", documented_config())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Made


def test_new_home_has_its_settings_its_folders_and_its_keys(home: Home) -> None:
    assert {path.name for path in home.folder.iterdir()} == {"config.toml", "keys", "media", "templates"}
    assert home.config_file.read_text() == documented_config() == (ROOT / "config.toml").read_text()
    assert read_config(home, {}, {}).config == Config()


def test_keys_are_for_their_owner_alone_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        home = make_home(tmp_path / "home", "")
    finally:
        os.umask(before)
    assert [mode(file) for file in (home.secret_file, home.erasure_file)] == [0o600, 0o600]
    assert mode(home.secret_file.parent) == 0o700


def test_keys_are_of_chance_and_differ(home: Home, tmp_path: Path) -> None:
    other = make_home(tmp_path / "other", "")
    found = {file.read_text() for each in (home, other) for file in (each.secret_file, each.erasure_file)}
    assert len(found) == 4
    assert all(re.fullmatch(r"[0-9a-f]{64}\n", text) for text in found)


def test_home_is_not_made_over_another_one(home: Home) -> None:
    home.config_file.write_text("# mine\n")
    with pytest.raises(NewsletterError, match=re.escape(f"{home.config_file} is there already")):
        make_home(home.folder, documented_config())
    assert home.config_file.read_text() == "# mine\n"


def test_keys_that_are_there_outlive_a_lost_config(home: Home) -> None:
    keys = [file.read_bytes() for file in (home.secret_file, home.erasure_file)]
    home.config_file.unlink()
    make_home(home.folder, documented_config())
    assert [file.read_bytes() for file in (home.secret_file, home.erasure_file)] == keys


def test_home_where_a_file_is_in_the_way_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(NewsletterError, match=re.escape(str(tmp_path / "taken"))):
        make_home(tmp_path / "taken" / "home", "")


# Opened


def test_folder_that_is_no_home_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=re.escape(f"make one with `newsletter init {tmp_path}`")):
        read_config(Home(tmp_path), {}, {})


def test_settings_are_read_at_every_start(home: Home) -> None:
    home.config_file.write_text('[newsletter]\nname = "Zwei"\n')
    assert read_config(home, {}, {}).config.newsletter.name == "Zwei"
    home.config_file.write_bytes(b"\xef\xbb\xbf" + b'[newsletter]\nname = "Drei"\r\n')
    assert read_config(home, {"NEWSLETTER_WEB__PORT": "1"}, {}).config.newsletter.name == "Drei"


def test_settings_that_are_no_text_are_refused_by_name(home: Home) -> None:
    home.config_file.write_bytes('[newsletter]\nname = "Zürich"\n'.encode("latin-1"))
    with pytest.raises(NewsletterError, match=re.escape(f"{home.config_file}: is not UTF-8 at byte 22")):
        read_config(home, {}, {})
    home.config_file.unlink()
    home.config_file.mkdir()
    with pytest.raises(NewsletterError, match=re.escape(f"{home.config_file}: Is a directory")):
        read_config(home, {}, {})


def test_secret_file_is_read_from_where_the_environment_says(home: Home, tmp_path: Path) -> None:
    (tmp_path / "relay").write_text("hunter2\n")
    loaded = read_config(home, {"NEWSLETTER_SMTP__PASSWORD_FILE": str(tmp_path / "relay")}, {})
    assert loaded.config.smtp.password.get_secret_value() == "hunter2"
    with pytest.raises(ConfigError, match="nowhere cannot be read"):
        read_config(home, {"NEWSLETTER_SMTP__PASSWORD_FILE": str(tmp_path / "nowhere")}, {})


def test_key_of_the_home_serves_until_another_is_set(home: Home) -> None:
    assert read_secret(home, "") == home.secret_file.read_bytes().strip()
    assert read_secret(home, "set elsewhere") == b"set elsewhere"
    home.secret_file.write_bytes(b"\n")
    with pytest.raises(NewsletterError, match=re.escape(f"{home.secret_file}: is empty; put the file back")):
        read_secret(home, "")
    home.secret_file.unlink()
    assert read_secret(home, "set elsewhere") == b"set elsewhere"
    with pytest.raises(NewsletterError, match="put the file back, or set NEWSLETTER_SECURITY__SECRET_KEY"):
        read_secret(home, "")


def test_database_is_in_the_home_unless_it_is_elsewhere(home: Home) -> None:
    assert home.database_url("") == f"sqlite:///{home.folder.resolve()}/newsletter.db"
    assert home.database_url("postgresql+psycopg://db/name") == "postgresql+psycopg://db/name"


# Held


@contextmanager
def holder(home: Home) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the home until its standard input ends."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from newsletter.home import Home, held\n"
        "with held(Home(Path(sys.argv[1]))):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(home.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield other
        finally:
            other.kill()


def test_second_process_is_refused_with_the_first_ones_pid(home: Home) -> None:
    with holder(home) as other:
        for _ in range(2):  # being refused changes nothing
            with pytest.raises(AlreadyRunning) as refusal, held(home):
                raise AssertionError("it was held")
            assert refusal.value.pid == other.pid
            assert f"(pid {other.pid}); every other command works beside it" in str(refusal.value)
        assert other.poll() is None


def test_home_is_free_again_when_its_holder_ends(home: Home) -> None:
    with holder(home) as other:
        other.communicate(timeout=30)
        assert other.returncode == 0
        with held(home):
            assert home.lock_file.read_text() == f"{os.getpid()}\n"
    with held(home):
        pass


def test_home_is_free_again_when_its_holder_is_killed(home: Home) -> None:
    with holder(home) as other:
        other.send_signal(signal.SIGKILL)
        other.wait(timeout=30)
        with held(home):
            assert home.lock_file.read_text() == f"{os.getpid()}\n"


def test_home_that_cannot_be_held_says_why(home: Home) -> None:
    home.lock_file.mkdir()
    with pytest.raises(NewsletterError, match=re.escape(f"{home.lock_file}: Is a directory")), held(home):
        raise AssertionError("it could not be held")


def test_two_homes_are_held_side_by_side(home: Home, tmp_path: Path) -> None:
    other = make_home(tmp_path / "other", "")
    with holder(home), held(other):
        pass
