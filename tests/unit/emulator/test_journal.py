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


def test_no_client_can_fill_the_memory():
    journal = Journal()
    long = "x" * 65_536
    for number in range(10_100):
        params = {"domain": long} if number == 10_099 else {}
        journal.add(Entry(long, "GET", long, str(number), long, is_temporary=False, principal="", params=params))
    entries = journal.entries()
    assert (len(entries), entries[0].operation, entries[-1].operation) == (10_000, "100", "10099")
    values = (entries[-1].host, entries[-1].path, entries[-1].access_key_id, entries[-1].params["domain"])
    assert {len(value) for value in values} == {1000}
