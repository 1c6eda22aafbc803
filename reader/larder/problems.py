"""What can go wrong, with the exit codes that Larder itself has."""


class Problem(Exception):
    """Something that ends the command, or the work on one item. `code` is the exit code."""

    code = 1


class Damaged(Problem):
    """Bytes that are not what their name, hash, MAC or tag says."""

    code = 65


class NotFound(Problem):
    """No such store, snapshot or path."""

    code = 66


class Ambiguous(Problem):
    """A prefix that several snapshots share."""

    code = 64


class WrongKey(Problem):
    """No slot opens with what was given."""

    code = 77


class Unsupported(Problem):
    """A store that asks for more than this reader knows; to guess could read wrong data."""

    code = 78


# What one item can have, while the rest is read on.
UNREADABLE = (Damaged, Unsupported)


def shown(path: bytes) -> str:
    """A path for people: what is no UTF-8, or would move the cursor, is escaped."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
