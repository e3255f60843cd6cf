"""The variable that names the index to commands, and the error that they end with: a line, and its page's address."""

import re

from support.seed import INDEX

# In an error of any program.
CODE = r"\[(CA[1-9][0-9]{2})\]"
NAMED = {"CODEARTIFACT_INDEX_URL": INDEX}


def error_text(message, code):
    """Return what `keyrings-codeartifact` prints on standard error for an error with this message and code."""
    return f"keyrings-codeartifact: error: {message} [{code}]\n{page(code)}\n"


def page(code):
    """Return the address of the page that explains a code."""
    return f"https://keyrings-codeartifact.readthedocs.io/en/latest/reference/messages.html#{code.lower()}"


def split_error(stderr):
    """Return message and code of the error that is all that `keyrings-codeartifact` printed on standard error."""
    found = re.fullmatch(rf"keyrings-codeartifact: error: (.+) {CODE}\n(.+)\n", stderr)
    assert found, stderr
    message, code, address = found.groups()
    assert address == page(code)
    return message, code


def line(done, exit_code, pattern, code):
    """Assert that a command ended with this exit code, this one line and this code."""
    assert (done.returncode, done.stdout) == (exit_code, ""), done
    message, found = split_error(done.stderr)
    assert (bool(re.fullmatch(pattern, message)), found) == (True, code), done.stderr
