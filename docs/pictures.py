"""Makes the pictures of a terminal in docs/pictures/: what the commands print, on the emulator, as SVG.

The user of the pictures has this package, pip, uv and twine, from the pins of the demo.  A picture changes only if
something other than durations changes.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import sysconfig
import tempfile
import termios
import threading
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from keyrings.codeartifact.emulator import Emulator
from keyrings.codeartifact.emulator.seed import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
DISTRIBUTION = "keyrings-codeartifact"
COLUMNS = 80
TIMEOUT = 120.0  # seconds, for one command
# What the pictures show instead of the temporary folder, and of the time at which a command starts.
HOME = "/home/developer"
STARTED = datetime(2026, 1, 15, 9, 30, tzinfo=timezone.utc)
PROGRAMS = ("codeartifact-keyring", "keyrings-codeartifact", "twine", "uv")
INDEX = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
SEED = """
enforce_iam: true
domains:
  - {name: acme, owner: "111122223333", region: us-east-1, repositories: [{name: release}, {name: staging}]}
users:
  - name: developer
    account: "111122223333"
    access_key_id: AKIAIOSFODNN7EXAMPLE
    secret_access_key: made-up
    policies:
      - Statement: {Effect: Allow, Action: ["codeartifact:*", "sts:*"], Resource: "*"}
roles:
  - name: publisher
    account: "111122223333"
    trust: {Statement: {Effect: Allow, Principal: {AWS: "111122223333"}, Action: "sts:AssumeRole"}}
"""
AWS_CONFIG = """\
[default]
region = us-east-1
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = made-up
"""
KEYRINGRC = """\
[codeartifact]
token_duration = 3600

[codeartifact domain="acme"]
profile_name = default

[codeartifact domain="acme" name="release"]
role_arn = arn:aws:iam::111122223333:role/publisher
"""


class Scene(NamedTuple):
    """A command, what its picture shows, in words, files in the home folder that it finds, and its exit code."""

    name: str
    title: str
    command: str
    files: Mapping[str, str] = {}
    exit_code: int = 0


# In this order, in the same home folder.
SCENES = (
    Scene(
        "login",
        "keyrings-codeartifact login shows the changes to the settings of pip, uv and twine, and gets a token",
        "keyrings-codeartifact login --domain acme --repository release",
        {".aws/config": AWS_CONFIG},
    ),
    Scene(
        "doctor-good",
        "keyrings-codeartifact doctor checks each step from the configuration to the index, and pip, uv and twine",
        f"keyrings-codeartifact doctor {INDEX}",
    ),
    Scene(
        "explain",
        "keyrings-codeartifact explain lists the sections of keyringrc.cfg, which one applies, and the options",
        f"keyrings-codeartifact explain {INDEX}",
        {".config/python_keyring/keyringrc.cfg": KEYRINGRC},
    ),
    Scene(
        "doctor-bad",
        "keyrings-codeartifact doctor finds a role without a permission, and prints the policy that it lacks",
        f"keyrings-codeartifact doctor {INDEX}",
        exit_code=1,
    ),
    Scene(
        "demo",
        "keyrings-codeartifact demo publishes a package to the emulator, and installs it with pip and uv",
        "keyrings-codeartifact demo",
    ),
)
THEME = TerminalTheme(
    background=(13, 17, 23),
    foreground=(230, 237, 243),
    normal=[
        (110, 118, 129),
        (255, 123, 114),
        (86, 211, 100),
        (227, 179, 65),
        (121, 192, 255),
        (210, 168, 255),
        (86, 212, 221),
        (230, 237, 243),
    ],
)
# rich's own format loads a font from the network.
FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{{width}}" height="{{height}}" viewBox="0 0 {{width}} {{height}}" \
role="img" aria-label="{title}">
<title>{title}</title>
<style>
.{{unique_id}}-matrix {{{{ font: {{char_height}}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", \
"Liberation Mono", monospace; white-space: pre }}}}
{{styles}}
</style>
{{chrome}}
<g transform="translate({{terminal_x}}, {{terminal_y}})">
{{backgrounds}}
<g class="{{unique_id}}-matrix">
{{matrix}}
</g>
</g>
</svg>
"""


def main() -> None:
    """Run the commands and write the pictures."""
    PICTURES.mkdir(exist_ok=True)
    temporary = tempfile.gettempdir()
    # As long as HOME, so that lines have the length that they have there; mkdtemp adds a slash and eight characters.
    prefix = "h" * (len(HOME) - len(temporary) - 9)
    with tempfile.TemporaryDirectory(prefix=prefix) as home, Emulator(parse(SEED, "the pictures' seed")) as emulator:
        environ = _install(home) | emulator.environment()
        # The user keeps the cache in its usual place.
        del environ["CODEARTIFACT_CACHE_DIR"]
        os.mkdir(environ["XDG_RUNTIME_DIR"], 0o700)
        for scene in SCENES:
            for name, content in scene.files.items():
                path = Path(home, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
            began = datetime.now(timezone.utc)
            write(scene, fixed(run(scene, environ).replace(home, HOME), began))


def _install(home: str) -> dict[str, str]:
    """Install the package and clients as `uv tool install` does, and a pip elsewhere; return the user's environment."""
    tool, project = os.path.join(home, ".local", "share", "uv", "tools", DISTRIBUTION), os.path.join(home, ".venv")
    uv = os.path.join(sysconfig.get_path("scripts"), "uv")
    [wheel] = ROOT.glob("dist/*.whl")
    for folder, *requirements in (
        (project, f"pip=={version('pip')}"),
        (tool, "--requirement", str(ROOT / "tests" / "demo.txt"), str(wheel)),
    ):
        for command in (
            (uv, "venv", "--quiet", "--python", sys.executable, folder),
            (uv, "pip", "install", "--quiet", "--no-deps", "--python", folder, *requirements),
        ):
            subprocess.run(command, check=True)  # noqa: S603 - uv, with arguments from here
    path = os.path.join(home, ".local", "bin")
    os.mkdir(path)
    for name in PROGRAMS:
        os.symlink(os.path.join(tool, "bin", name), os.path.join(path, name))
    return {
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": home,
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join((os.path.join(project, "bin"), path)),
        "TERM": "xterm-256color",
        # Where tokens are cached on a system without any folder in memory.
        "XDG_RUNTIME_DIR": os.path.join(home, ".cache"),
    }


def run(scene: Scene, environ: Mapping[str, str]) -> str:
    """Return what a scene's command prints in a terminal of 80 columns whose user presses Enter at each question.

    Exits if the command ends with another exit code.
    """
    terminal, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    attributes = termios.tcgetattr(slave)
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    os.write(terminal, b"\n")
    with subprocess.Popen(  # noqa: S603 - a command from here
        shlex.split(scene.command), cwd=environ["HOME"], env=environ, stdin=slave, stdout=slave, stderr=slave
    ) as process:
        os.close(slave)
        timer = threading.Timer(TIMEOUT, process.kill)
        timer.start()
        output = b"".join(_read(terminal)).decode()
        timer.cancel()
    os.close(terminal)
    if process.returncode != scene.exit_code:
        sys.exit(f"{scene.name}: {scene.command} ended with exit code {process.returncode}: {output}")
    return output.replace("\r\n", "\n").rstrip("\n")


def _read(terminal: int) -> Iterator[bytes]:
    """Yield what is written to a terminal, until the last program that uses it has ended."""
    # At the end, Linux raises an error, and macOS returns nothing.
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 1 << 16):
            yield part


def fixed(text: str, began: datetime) -> str:
    """Return ``text`` as if the command had been started at STARTED, in whole minutes."""

    def moved(match: re.Match[str]) -> str:
        moment = datetime.fromisoformat(f"{match[0][:-1]}+00:00") - began + STARTED + timedelta(seconds=30)
        return f"{moment.replace(second=0):%Y-%m-%dT%H:%M:%SZ}"

    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moved, text)


def write(scene: Scene, output: str) -> None:
    """Write the picture of a scene, unless it is the same but for durations."""
    path, picture = PICTURES / f"{scene.name}.svg", draw(scene, output)
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if _without_durations(picture) != _without_durations(old):
        path.write_text(picture, encoding="utf-8")


def _without_durations(picture: str) -> str:
    return re.sub(r'textLength="[^"]*"|\d+\.\d(?=&#160;s\b)', "", picture)


def draw(scene: Scene, output: str) -> str:
    """Return the picture of a terminal after a command: the command line, and its output."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor", highlight=False)
    typed = Text.assemble(("$ ", "bold green"), (scene.command, "bold"))
    for line in (*typed.split(), *Text.from_ansi(output).split(allow_blank=True)):
        # As terminals do, not between words.
        for part in line.divide(range(COLUMNS, len(line), COLUMNS)):
            console.print(part, no_wrap=True, crop=False)
    picture = console.export_svg(
        theme=THEME, title="", code_format=FORMAT.format(title=scene.title), unique_id=scene.name, font_aspect_ratio=0.6
    )
    # No line is longer than the terminal, and its end shows nothing.
    return re.sub(r' clip-path="[^"]*"|<text[^>]*>\n</text>', "", picture).replace("</text><", "</text>\n<")


if __name__ == "__main__":
    main()
