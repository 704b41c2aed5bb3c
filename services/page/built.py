"""The built page from its folder, whole and unchanged or not at all."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from shared import page_files
from shared.page_files import LIST, BadList
from shared.settings import PREFIX, BadSettings

FOLDER = Path(__file__).parents[2] / "clients" / "web" / "built"
"""Where the build puts it, in the sources as in an installed package."""


def read(folder: Path) -> Mapping[str, bytes]:
    """Every file that hashes.json names, by path, and hashes.json; BadSettings with a line for each that differs.

    They stay in memory: whoever changes a file afterwards changes nothing that is served.
    """
    try:
        listed = (folder / LIST).read_bytes()
        hashes = page_files.parse(listed)
    except OSError as error:
        raise BadSettings(f"{PREFIX}PAGE has no built page: {LIST}: {error.strerror}") from None
    except BadList as error:
        raise BadSettings(f"{PREFIX}PAGE: {LIST}: {error}") from None
    files: dict[str, bytes] = {}
    problems = []
    for path, digest in hashes.items():
        try:
            files[path] = (folder / path).read_bytes()
        except OSError as error:
            problems.append(f"{PREFIX}PAGE: {path}: {error.strerror}")
            continue
        if sha256(files[path]).hexdigest() != digest:
            problems.append(f"{PREFIX}PAGE: {path} is not what {LIST} says")
    if problems:
        raise BadSettings("\n".join(problems))
    return files | {LIST: listed}
