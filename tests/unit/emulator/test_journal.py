"""The journal of requests."""

from keyrings.codeartifact.emulator.journal import Entry, Journal


def test_entries_are_in_order_and_can_be_filtered():
    journal = Journal()
    for operation in ("Upload", "ProjectPage", "Upload"):
        journal.add(
            Entry(
                "host", "GET", f"/{len(journal.entries())}", operation, "", is_temporary=False, principal="", params={}
            )
        )
    assert [entry.path for entry in journal.entries()] == ["/0", "/1", "/2"]
    assert [entry.path for entry in journal.entries("Upload")] == ["/0", "/2"]
    assert journal.entries("Download") == []
    journal.clear()
    assert journal.entries() == []


def test_the_list_of_entries_is_a_copy():
    journal = Journal()
    journal.entries().append("something")
    assert journal.entries() == []
