"""`logout` restores the files that `login` has written, and reports those that it leaves as they are."""

import pytest

from keyrings.codeartifact.clients.settings_files import Setting, SettingsFile
from keyrings.codeartifact.errors import CodeArtifactError
from keyrings.codeartifact.login import edits, record
from support.commands import page


@pytest.fixture
def files(home):
    """Two files that `login` has changed, of which the second was there before."""
    paths = [home / "new.conf", home / "old.conf"]
    paths[1].write_text("[global]\ntimeout = 5\n")
    for path in paths:
        record.write([edits.plan(SettingsFile(str(path), (Setting(("global", "keyring-provider"), "subprocess"),)))])
    return paths


def test_files_are_restored(run, files, capsys):
    new, old = files
    assert run("logout") == 0
    assert capsys.readouterr() == (f"{new}: restored\n{old}: restored\n", "")
    assert not new.exists()
    assert old.read_text() == "[global]\ntimeout = 5\n"


def test_there_is_nothing_to_undo(run, capsys):
    assert run("logout") == 0
    assert capsys.readouterr() == ("nothing to undo\n", "")


def test_a_second_time_there_is_nothing_to_undo(run, files, capsys):
    run("logout")
    capsys.readouterr()
    assert run("logout") == 0
    assert capsys.readouterr() == ("nothing to undo\n", "")


def test_a_file_that_cannot_be_parsed_is_reported_and_the_others_are_restored(run, files, capsys):
    new, old = files
    new.write_text("no settings")
    assert run("logout") == 1
    line = (
        f"keyrings-codeartifact: error: {new} is left as it is: it cannot be parsed; correct it and try again [CA803]"
    )
    assert capsys.readouterr() == (f"{old}: restored\n", f"{line}\n{page('CA803')}\n")
    assert new.read_text() == "no settings"


def test_a_record_that_cannot_be_parsed_is_an_error(run, home, files):
    (home / "login.json").write_text("{")
    with pytest.raises(CodeArtifactError) as caught:
        run("logout")
    remedy = "remove it; backups are beside the files"
    assert str(caught.value) == f"{home / 'login.json'} cannot be parsed; {remedy} [CA803]"
    assert all(path.exists() for path in files)
