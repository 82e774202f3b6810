"""Papers: the bytes are on the disk before the row, and a changed or missing file is found."""

import hashlib
import os
from pathlib import Path

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from core import documents
from core.db import TransactionRequired
from core.models import Document

CONTENT = b"%PDF-1.7 the bill of March"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(settings, tmp_path):
    settings.OFFICE_VAR = str(tmp_path)
    return documents.folder()


def store(content=CONTENT, key="1-000001"):
    return documents.store(kind="BILL", key=key, title=f"Bill {key}", content=content, page_count=1)


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


class TestStore:
    def test_keeps_the_bytes_under_their_hash(self, db, folder):
        document = store()
        assert files(folder) == [folder / document.path]
        assert (folder / document.path).read_bytes() == CONTENT
        assert (document.sha256, document.size_bytes) == (SHA256, len(CONTENT))
        assert documents.read(document) == CONTENT

    def test_has_the_bytes_on_the_disk_before_the_row(self, db, folder, monkeypatch):
        seen, synced, fsync, create = [], [], os.fsync, Document.objects.create

        def watched_fsync(handle):
            synced.append(Path(f"/proc/self/fd/{handle}").resolve())
            fsync(handle)

        def watched_create(**facts):
            seen.append((folder / facts["path"]).read_bytes())
            return create(**facts)

        monkeypatch.setattr(documents.os, "fsync", watched_fsync)
        monkeypatch.setattr(Document.objects, "create", watched_create)
        document = store()
        assert seen == [CONTENT]
        # The bytes under another name, then the folder that holds the name.
        folder_of_file = (folder / document.path).parent
        assert [path.parent for path in synced] == [folder_of_file, folder_of_file.parent]
        assert synced[1] == folder_of_file

    def test_leaves_no_row_and_no_scrap_where_the_disk_is_full(self, db, folder, monkeypatch):
        def full(handle):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(documents.os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            store()
        assert not Document.objects.exists()
        assert files(folder) == []

    def test_leaves_a_file_without_a_row_at_worst(self, committed_db, folder):
        with transaction.atomic():
            store()
            transaction.set_rollback(True)
        assert not Document.objects.exists()
        assert len(files(folder)) == 1

    def test_shares_the_file_of_equal_bytes(self, db, folder):
        first, second = store(key="1-000001"), store(key="1-000002")
        assert first.path == second.path
        assert len(files(folder)) == 1

    def test_vouches_for_no_damaged_file_that_is_there(self, db, folder):
        first = store(key="1-000001")
        (folder / first.path).write_bytes(b"%PDF")
        assert documents.read(store(key="1-000002")) == CONTENT
        assert documents.read(first) == CONTENT

    def test_refuses_a_second_copy_and_an_empty_one(self, db, folder):
        store()
        with pytest.raises(IntegrityError, match="core_document_one_copy"), transaction.atomic():
            store(content=b"%PDF another")
        with pytest.raises(IntegrityError, match="core_document_not_empty"), transaction.atomic():
            store(content=b"", key="1-000002")

    def test_refuses_outside_a_transaction(self, committed_db, folder):
        with pytest.raises(TransactionRequired):
            store()
        assert not folder.exists()


class TestRead:
    def test_finds_a_changed_file(self, db, folder):
        document = store()
        (folder / document.path).write_bytes(CONTENT.replace(b"March", b"April"))
        with pytest.raises(documents.DocumentDamaged, match="Bill 1-000001 was changed"):
            documents.read(document)

    def test_finds_a_missing_file(self, db, folder):
        document = store()
        (folder / document.path).unlink()
        with pytest.raises(documents.DocumentDamaged, match="Bill 1-000001 is missing"):
            documents.read(document)


class TestTheDatabase:
    def test_lets_the_day_of_mailing_change_and_nothing_else(self, db, folder):
        store()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE core_document SET mailed_date = '2026-03-10'")
            assert cursor.rowcount == 1
        for act in (
            "UPDATE core_document SET sha256 = ''",
            "DELETE FROM core_document",
            "TRUNCATE core_document",
        ):
            with pytest.raises(Exception, match="permission denied") as refusal, transaction.atomic():
                connection.cursor().execute(act)
            assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)
