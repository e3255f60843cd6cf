"""Is anything that is pinned known to be vulnerable?

``python tests/audit.py FILE…`` asks for each pin by pip-audit.  Ends with 0 if none is, 1 if one is, and 3 where nobody
knows: pip-audit itself takes what its database has never heard of for harmless.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

NONE, SOME, UNKNOWN = 0, 1, 3


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("files", metavar="FILE", nargs="+", help="pins with hashes")
    parser.add_argument("--if-possible", action="store_true", help="end with 0 where nobody knows, too, and say so")
    parser.add_argument("--osv-url", help="another database than PyPI's, which speaks OSV's language")
    options = parser.parse_args()
    for file in options.files:
        if not Path(file).is_file():
            parser.error(f"there is no file {file}")
    code, said = audit(options.files, options.osv_url)
    print("\n".join(said), file=sys.stdout if code == NONE else sys.stderr)
    return NONE if code == UNKNOWN and options.if_possible else code


def audit(files, osv_url):
    """Return the exit code, and what to say."""
    service = ("--vulnerability-service=osv", f"--osv-url={osv_url}") if osv_url else ()
    found = {}
    # One by one: of two files with a package in common, pip-audit accepts only the first.
    for file in files:
        command = [Path(sys.executable).with_name("pip-audit"), "--disable-pip", "--require-hashes", "--format=json"]
        done = subprocess.run(
            [*command, f"--requirement={file}", *service], capture_output=True, text=True, check=False
        )
        try:
            found |= {(pin["name"], pin.get("version")): pin for pin in json.loads(done.stdout)["dependencies"]}
        except (ValueError, LookupError):
            reason = (done.stderr.strip() or "it says nothing").splitlines()[-1]
            return UNKNOWN, [f"NOT AUDITED: no database could be asked ({reason})"]
    pins = list(found.values())
    vulnerable = [pin for pin in pins if pin.get("vulns")]
    unknown = [pin["name"] for pin in pins if "vulns" not in pin]
    if vulnerable:
        return SOME, [
            f"{pin['name']} {pin['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version yet'}"
            for pin in vulnerable
            for one in pin["vulns"]
        ]
    if unknown or not pins:
        return UNKNOWN, [f"NOT AUDITED: {len(unknown)} of {len(pins)} pins are unknown to the database that was asked"]
    return NONE, [f"audited: none of {len(pins)} pins is known to be vulnerable"]


if __name__ == "__main__":
    sys.exit(main())
