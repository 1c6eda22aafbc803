"""Calls what a backup needs through Dropbox's own SDK, and compares what comes back."""

import datetime
import os

import dropbox
from dropbox import files, exceptions

BLOCK = 4 << 20

client = dropbox.Dropbox(oauth2_refresh_token=os.environ["REFRESH_TOKEN"], app_key=os.environ["CLIENT_ID"])


def listed(path, **options):
    return pages(client.files_list_folder(path, **options))


def pages(page):
    entries = list(page.entries)
    while page.has_more:
        page = client.files_list_folder_continue(page.cursor)
        entries += page.entries
    return entries, page.cursor


def accounts():
    account = client.users_get_current_account()
    assert account.email == "ann@example.com", account
    assert account.root_info.root_namespace_id == account.root_info.home_namespace_id
    usage = client.users_get_space_usage()
    assert usage.used > 0 and usage.allocation.get_individual().allocated > 0
    assert client.check_user("foo").result == "foo"


def single_files():
    time = datetime.datetime(2020, 2, 3, 4, 5, 6)
    path = "/Dir/Ünïcode 😀.txt"
    written = client.files_upload(b"hello", path, client_modified=time, mute=True)
    assert written.client_modified == time and written.path_display == path, written
    for _ in range(4):  # Some of these are refused at first.
        assert client.files_get_metadata(path).rev == written.rev
    metadata, answer = client.files_download(path)
    assert answer.content == b"hello" and metadata == written
    try:
        client.files_get_metadata("/missing")
        raise AssertionError("there is nothing at /missing")
    except exceptions.ApiError as problem:
        assert problem.error.get_path().is_not_found()
    try:
        client.files_upload(b"other", path)
        raise AssertionError("another content is a conflict")
    except exceptions.ApiError as problem:
        failed = problem.error.get_path()
        assert failed.reason.get_conflict().is_file() and failed.upload_session_id
    client.files_upload(b"second", path, mode=files.WriteMode.update(written.rev))
    revisions = client.files_list_revisions(path)
    assert [revision.size for revision in revisions.entries] == [6, 5]
    assert client.files_restore(path, written.rev).size == 5
    assert client.files_download("rev:" + written.rev)[1].content == b"hello"


def sessions():
    session = client.files_upload_session_start(b"one", close=False)
    cursor = files.UploadSessionCursor(session.session_id, 3)
    client.files_upload_session_append_v2(b"two", cursor)
    cursor.offset = 6
    file = client.files_upload_session_finish(b"three", cursor, files.CommitInfo("/s"))
    assert file.size == 11
    session = client.files_upload_session_start(b"", session_type=files.UploadSessionType.concurrent)
    last = files.UploadSessionCursor(session.session_id, BLOCK)
    client.files_upload_session_append_v2(b"end", last, close=True)
    client.files_upload_session_append_v2(b"x" * BLOCK, files.UploadSessionCursor(session.session_id, 0))
    last.offset = BLOCK + 3
    assert client.files_upload_session_finish(b"", last, files.CommitInfo("/c")).size == BLOCK + 3
    batch = client.files_upload_session_start_batch(2)
    cursors = [files.UploadSessionCursor(name, 0) for name in batch.session_ids]
    parts = [files.UploadSessionAppendBatchArgEntry(cursor, 2, close=True) for cursor in cursors]
    answer = client.files_upload_session_append_batch(b"aabb", parts)
    assert all(entry.is_success() for entry in answer.entries)
    finishes = []
    for index, cursor in enumerate(cursors):
        cursor.offset = 2
        finishes.append(files.UploadSessionFinishArg(cursor, files.CommitInfo(f"/batch/{index}")))
    answer = client.files_upload_session_finish_batch_v2(finishes)
    assert [entry.get_success().size for entry in answer.entries] == [2, 2]
    answer = client.files_upload_session_finish_batch_v2(finishes)
    assert all(entry.get_failure().get_lookup_failed().is_not_found() for entry in answer.entries)


def folders():
    entries, cursor = listed("", recursive=True, limit=3)
    by_path = {entry.path_display: entry for entry in entries}
    assert by_path["/Shared"].sharing_info.shared_folder_id, by_path
    assert by_path["/Shared/x.txt"].sharing_info.parent_shared_folder_id
    assert not by_path["/Doc.paper"].is_downloadable
    assert by_path["/Doc.paper"].export_info.export_options == ["markdown", "html"]
    client.files_create_folder_v2("/new")
    assert client.files_create_folder_batch(["/new/a", "/new/b"]).is_complete()
    client.files_move_v2("/new/a", "/new/c")
    copied = client.files_copy_batch_v2([files.RelocationPath("/new/c", "/new/d")])
    assert copied.get_complete().entries[0].get_success().name == "d"
    deleted = client.files_delete_batch([files.DeleteArg("/new/b"), files.DeleteArg("/none")])
    good, bad = deleted.get_complete().entries
    assert good.get_success().metadata.name == "b" and bad.get_failure().get_path_lookup().is_not_found()
    changes, _ = pages(client.files_list_folder_continue(cursor))
    gone = [entry.path_display for entry in changes if isinstance(entry, files.DeletedMetadata)]
    assert gone == ["/new/a", "/new/b"], changes
    assert client.files_list_folder_longpoll(cursor).changes
    assert client.sharing_list_folders().entries[0].path_lower == "/shared"
    assert client.sharing_list_shared_links().links == []


def exports():
    result, answer = client.files_export("/Doc.paper", "html")
    assert result.export_metadata.name == "Doc.html" and answer.content == b"# text"
    result, answer = client.files_download_zip("/batch")
    assert result.metadata.name == "batch" and answer.content.startswith(b"PK")


def endings():
    client.auth_token_revoke()
    try:
        client.users_get_current_account()
        raise AssertionError("the token was revoked")
    except exceptions.AuthError as problem:
        assert problem.error.is_invalid_access_token()


for step in (accounts, single_files, sessions, folders, exports, endings):
    step()
print("all is well")
