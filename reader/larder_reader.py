#!/usr/bin/env python3
"""A second reader for Larder's stores, written from docs/format.md alone.

It exists so that the specification is known to be enough: whoever has the passphrase (or the key file) and that page
can get the files back without Larder. It therefore shares no code with Larder, and where the two disagree one of
three is wrong: the page, Larder or this file. It reads stores that lie in a folder, and never writes to one.

It trusts nothing that it has not checked: every object's hash, every MAC and tag, every blob against its id. Damage
is reported by name and the rest goes on. Clarity comes before speed, and the index is held in memory.

Section numbers (§) are those of docs/format.md. Exit codes are Larder's own: 0 done, 64 usage, 65 damage met, 66 no
such store or snapshot, 77 wrong passphrase or key file, 78 a version or feature that this reader does not know.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from larder.keys import Secret
from larder.objects import Folder
from larder.problems import Damaged, Problem, shown
from larder.restore import Restorer
from larder.store import Store
from larder.verify import Verifier


def command_list(store: Store, _arguments) -> list[str]:
    for snapshot in store.snapshots():
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(snapshot.ended[0]))
        totals = snapshot.totals
        roots = " ".join(shown(root) for root in store.roots(snapshot))
        print(f"{snapshot.id}  {when}  {totals.files} files  {totals.bytes} bytes  {snapshot.completeness}  {roots}")
    return store.problems


def command_restore(store: Store, arguments) -> list[str]:
    restorer = Restorer(store)
    restorer.restore(store.find_snapshot(arguments.snapshot), os.fsencode(arguments.destination))
    for note in restorer.notes:
        print(f"note: {note}", file=sys.stderr)
    return restorer.problems


def command_verify(store: Store, _arguments) -> list[str]:
    verifier = Verifier(store)
    verifier.verify()
    blobs = sum(len(ids) for ids in verifier.ids.values())
    counts = f"{len(store.names)} objects, {blobs} blobs, {len(verifier.ended)} snapshots"
    print(f"{counts} verified, {len(verifier.problems)} problems")
    return verifier.problems


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Read a Larder store without Larder.")
    parser.add_argument("store", help="the folder that the store lies in")
    secret = parser.add_mutually_exclusive_group(required=True)
    secret.add_argument("--passphrase-file", metavar="FILE", help="holds the passphrase")
    secret.add_argument("--key-file", metavar="FILE", help="a key file that the store was made with")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the snapshots").set_defaults(run=command_list)
    restore = commands.add_parser("restore", help="restore a snapshot into a new folder")
    restore.add_argument("snapshot", help="a snapshot's id, or the first digits of it")
    restore.add_argument("destination", help="an empty folder, made if missing")
    restore.set_defaults(run=command_restore)
    commands.add_parser("verify", help="read and check everything").set_defaults(run=command_verify)
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    # A folder nested as deep as paths can be needs some frames of the interpreter for each level.
    sys.setrecursionlimit(50_000)
    try:
        if arguments.key_file:
            secret = Secret.from_key_file(arguments.key_file)
        else:
            secret = Secret.from_passphrase_file(arguments.passphrase_file)
        problems = arguments.run(Store(Folder(Path(arguments.store)), secret), arguments)
    except (Problem, OSError) as problem:
        print(f"larder_reader: {problem}", file=sys.stderr)
        return problem.code if isinstance(problem, Problem) else 1
    for problem in problems:
        print(f"damaged: {problem}", file=sys.stderr)
    return Damaged.code if problems else 0


if __name__ == "__main__":
    sys.exit(main())
