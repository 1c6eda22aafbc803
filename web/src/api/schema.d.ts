// Generated from openapi.json by `npm run types`.
export interface paths {
    "/api/v1/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is different between two snapshots */
        get: operations["get_diff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/downloads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask for a selection as one archive, or for a file as it is */
        post: operations["post_download"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/downloads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The archive
         * @description It is made while it is sent. When a part turns out to be damaged, the connection breaks off, and the status says what it was.
         */
        get: operations["get_download"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/downloads/{id}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a download goes */
        get: operations["get_download_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One path through all snapshots, the newest first
         * @description A folder is the same when all below it is.
         */
        get: operations["get_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/restores": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring a selection back
         * @description Only where restoring is allowed (`--allow-restore`).
         */
        post: operations["post_restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Names and paths, in one snapshot or in all */
        get: operations["get_search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The session of this browser */
        get: operations["get_session"];
        put?: never;
        /** Sign in with the password */
        post: operations["post_session"];
        /** Sign out */
        delete: operations["delete_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/snapshots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which snapshots there are */
        get: operations["get_snapshots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/snapshots/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All about one snapshot */
        get: operations["get_snapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/snapshots/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The bytes of a file
         * @description A single range may be asked for. What browsers would run is sent as a download. When a part turns out to be damaged on the way, the
         *     connection breaks off, and the status of the download that was asked for says what it was.
         */
        get: operations["get_content"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/snapshots/{id}/entries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is in a folder
         * @description Sorted by name, folders of any size are read a part at a time, on from a cursor or at a row. For other orders, the first answer looks
         *     at the whole folder; they are for folders of up to two million entries.
         */
        get: operations["get_entries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/snapshots/{id}/entry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All about one item */
        get: operations["get_entry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/snapshots/{id}/ledger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is missing in a snapshot, and remarks */
        get: operations["get_ledger"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/snapshots/{id}/text": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file as text */
        get: operations["get_text"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/snapshots/{id}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A picture, small
         * @description Of PNG, JPEG, GIF, WebP and BMP. 415 for what is none of these, 413 for what is too large.
         */
        get: operations["get_thumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/snapshots/{id}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What takes the space in a folder, and what has grown */
        get: operations["get_usage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The store at a glance */
        get: operations["get_store"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What runs in the background, or has run, the newest first */
        get: operations["get_tasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What becomes of tasks, as it happens
         * @description Server-sent events of the kind `task`; each holds a whole task. All tasks come first, as they are now.
         */
        get: operations["get_task_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One task */
        get: operations["get_task"];
        put?: never;
        post?: never;
        /**
         * Ask a task to stop
         * @description It stops at its next piece. What it has written stays.
         */
        delete: operations["delete_task"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Amount: {
            /** Format: int64 */
            bytes: number;
            /** Format: int64 */
            files: number;
        };
        /** @enum {string} */
        ArchiveFormat: "zip" | "tar.zst" | "tar";
        /** @enum {string} */
        Change: "added" | "removed" | "modified" | "kind" | "metadata";
        CheckSummary: {
            /** @description `quick`, `structure` or `data`. */
            level: string;
            /** Format: int64 */
            problems: number;
            time?: string | null;
        };
        ChildUsage: {
            /**
             * Format: int64
             * @description Null for what was not there, or where nothing is compared.
             */
            before_bytes?: number | null;
            /** Format: int64 */
            before_files?: number | null;
            /**
             * Format: int64
             * @description 0 for what is gone by now.
             */
            bytes: number;
            /** Format: int64 */
            files: number;
            kind: components["schemas"]["EntryKind"];
            name: string;
            path: string;
        };
        /**
         * @description How much of the source a snapshot holds.
         * @enum {string}
         */
        Completeness: "complete" | "items-missing" | "partial";
        /** @description How content is stored. */
        ContentFacts: {
            /** @description The same for the same content, as long as it is stored in the same way. */
            id?: string | null;
            kind: components["schemas"]["ContentKind"];
        };
        /** @enum {string} */
        ContentKind: "nothing" | "blob" | "slice" | "tree" | "folder";
        DestinationSummary: {
            kind: string;
            name: string;
        };
        Device: {
            /** Format: int32 */
            major: number;
            /** Format: int32 */
            minor: number;
        };
        DiffList: {
            items: components["schemas"]["DiffRow"][];
            /** @description May be there although `items` is empty: the search for rows of the wanted kinds goes on. */
            next?: string | null;
            stat?: components["schemas"]["DiffStat"] | null;
            /** Format: int64 */
            total?: number | null;
        };
        DiffRow: {
            after?: components["schemas"]["Entry"] | null;
            before?: components["schemas"]["Entry"] | null;
            change: components["schemas"]["Change"];
            path: string;
        };
        DiffStat: {
            /** Format: int64 */
            added: number;
            /** Format: int64 */
            bytes_added: number;
            /** Format: int64 */
            bytes_removed: number;
            /** Format: int64 */
            metadata: number;
            /** Format: int64 */
            modified: number;
            /** Format: int64 */
            removed: number;
        };
        /** @enum {string} */
        DownloadState: "waiting" | "running" | "done" | "broken" | "stopped";
        /** @description How a download goes. */
        DownloadStatus: {
            /** Format: int64 */
            bytes: number;
            /**
             * Format: int64
             * @description Bytes of files.
             */
            bytes_done: number;
            /** Format: int64 */
            items: number;
            /**
             * Format: int64
             * @description Items that are sent, or begun.
             */
            items_done: number;
            /**
             * Format: int64
             * @description Devices, sockets and the like that have no place in an archive.
             */
            left_out: number;
            problem?: components["schemas"]["Problem"] | null;
            state: components["schemas"]["DownloadState"];
        };
        /** @enum {string} */
        Encoding: "utf-8" | "utf-16le" | "utf-16be" | "iso-8859-1" | "binary";
        /** @description An item in a folder. What the source did not know is null. */
        Entry: {
            /**
             * Format: int64
             * @description Of a folder: the sizes of all files below it.
             */
            bytes?: number | null;
            /** @description It changed while it was read: what is stored may never have existed as a whole. */
            changed: boolean;
            /**
             * Format: int64
             * @description Of a folder: everything below it that is no folder.
             */
            files?: number | null;
            /**
             * Format: int64
             * @description Of a folder: all folders below it.
             */
            folders?: number | null;
            kind: components["schemas"]["EntryKind"];
            /** @description By the name. */
            media_type?: string | null;
            /**
             * Format: int32
             * @description Permission bits.
             */
            mode?: number | null;
            mtime?: string | null;
            /** @description Escaped: see the words on names at the top of this document. */
            name: string;
            owner?: components["schemas"]["Owner"] | null;
            /** @description From the top of the snapshot, escaped. */
            path: string;
            /**
             * Format: int64
             * @description Bytes of a file.
             */
            size: number;
            /** @description An older version, since the present one could not be read. */
            stale: boolean;
            /** @description A symlink's target, escaped. */
            target?: string | null;
        };
        /** @description All about one item. */
        EntryDetails: {
            btime?: string | null;
            content: components["schemas"]["ContentFacts"];
            ctime?: string | null;
            device?: components["schemas"]["Device"] | null;
            entry: components["schemas"]["Entry"];
            /** @description The provider's own content hash, in hex digits. */
            fingerprint?: string | null;
            /** @description The file has other names beside this one. */
            is_linked: boolean;
            /** @description The snapshot's full id. */
            snapshot: string;
            xattrs: components["schemas"]["Xattr"][];
        };
        /** @enum {string} */
        EntryKind: "file" | "folder" | "symlink" | "fifo" | "socket" | "char-device" | "block-device";
        /** @description A part of a folder. */
        EntryList: {
            entry?: components["schemas"]["Entry"] | null;
            items: components["schemas"]["Entry"][];
            next?: string | null;
            /** @description The folder's path. */
            path: string;
            /**
             * Format: int64
             * @description Rows of the whole list; null where that is not known.
             */
            total?: number | null;
        };
        /** @enum {string} */
        EntrySort: "name" | "size" | "mtime" | "kind";
        /**
         * @description The kinds of problems that pages tell apart.
         * @enum {string}
         */
        FailureKind: "not_found" | "damaged" | "usage" | "unreachable" | "no_space" | "credentials" | "rate_limited" | "conflict" | "interrupted" | "failed" | "too_large" | "range" | "forbidden" | "unauthorized" | "expired" | "unsupported" | "busy";
        FolderUsage: {
            before?: components["schemas"]["Amount"] | null;
            /** Format: int64 */
            bytes: number;
            /** Format: int64 */
            files: number;
            /** Format: int64 */
            folders: number;
            /** @description The largest children, now or before, the largest first. */
            items: components["schemas"]["ChildUsage"][];
            path: string;
            /** @description All others together. */
            rest: components["schemas"]["RestUsage"];
        };
        Health: {
            /**
             * Format: int64
             * @description Snapshots whose record cannot be read.
             */
            damaged_snapshots: number;
            /** @description Newest snapshots of an origin that are not complete. */
            incomplete: string[];
            last_check?: components["schemas"]["CheckSummary"] | null;
            /** @description Sentences for people. */
            notes: string[];
            state: components["schemas"]["HealthState"];
        };
        /** @enum {string} */
        HealthState: "good" | "attention" | "damaged" | "unknown";
        HistoryRow: {
            entry?: components["schemas"]["Entry"] | null;
            origin: string;
            snapshot: string;
            state: components["schemas"]["Presence"];
            time?: string | null;
        };
        Hit: {
            entry: components["schemas"]["Entry"];
            name: string;
            path: string;
            /** @description The newest snapshot that holds it. */
            snapshot: string;
            /**
             * Format: int64
             * @description How many of the snapshots hold this version of it.
             */
            snapshots: number;
        };
        /** @enum {string} */
        LedgerClass: "missing" | "note";
        LedgerRow: {
            class: components["schemas"]["LedgerClass"];
            /** @description A sentence for people. */
            message: string;
            path: string;
            /** @description A word: `unreadable`, `changed`, `stale`, … */
            reason: string;
            /** @description The provider's own word for it. */
            tag?: string | null;
        };
        /** @description A part of a list. */
        List_HistoryRow: {
            items: {
                entry?: components["schemas"]["Entry"] | null;
                origin: string;
                snapshot: string;
                state: components["schemas"]["Presence"];
                time?: string | null;
            }[];
            /** @description Where to go on: the `cursor` of the next request; null at the end. */
            next?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where that is known.
             */
            total?: number | null;
        };
        /** @description A part of a list. */
        List_LedgerRow: {
            items: {
                class: components["schemas"]["LedgerClass"];
                /** @description A sentence for people. */
                message: string;
                path: string;
                /** @description A word: `unreadable`, `changed`, `stale`, … */
                reason: string;
                /** @description The provider's own word for it. */
                tag?: string | null;
            }[];
            /** @description Where to go on: the `cursor` of the next request; null at the end. */
            next?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where that is known.
             */
            total?: number | null;
        };
        /** @description A part of a list. */
        List_Snapshot: {
            items: {
                /** Format: int64 */
                bytes: number;
                completeness: components["schemas"]["Completeness"];
                connector: string;
                end?: string | null;
                /** Format: int64 */
                files: number;
                /** Format: int64 */
                folders: number;
                host: string;
                /** @description 64 hex digits. */
                id: string;
                /**
                 * Format: int64
                 * @description Rows of its ledger: items that are missing.
                 */
                missing: number;
                /**
                 * Format: int64
                 * @description Rows of its ledger: remarks.
                 */
                notes: number;
                /** @description What it was taken of, as text. */
                origin: string;
                parent?: string | null;
                program: string;
                /** @description The paths that it was taken of, escaped. In lists they are left out where there are many. */
                roots: string[];
                /**
                 * Format: int64
                 * @description Which one of its origin it is.
                 */
                sequence: number;
                start?: string | null;
                statistics?: components["schemas"]["Statistics"] | null;
                tags: string[];
            }[];
            /** @description Where to go on: the `cursor` of the next request; null at the end. */
            next?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where that is known.
             */
            total?: number | null;
        };
        NewDownload: {
            format?: components["schemas"]["ArchiveFormat"] | null;
            /** @description Files and folders, escaped. */
            paths: string[];
            snapshot: string;
        };
        NewDownloadAnswer: {
            /** Format: int64 */
            bytes: number;
            /** Format: int64 */
            files: number;
            /** @description The name of its file. */
            name: string;
            status_url: string;
            /** @description Where it is fetched: an archive within ten minutes. */
            url: string;
        };
        NewRestore: {
            /** @description A destination's name; null for a folder of the viewer's machine. */
            destination?: string | null;
            /** @description Only find out what would be done. */
            dry_run?: boolean;
            /** @description A folder below the destination, or the whole path of a folder of the viewer's machine. */
            folder?: string | null;
            on_conflict?: components["schemas"]["Way"];
            /** @description Files and folders, escaped. They are put next to each other, as they stand in the folder that they are all in. */
            paths: string[];
            snapshot: string;
        };
        /** @enum {string} */
        Order: "asc" | "desc";
        OriginSummary: {
            /** Format: int64 */
            bytes: number;
            /** @description Of the newest. */
            completeness: components["schemas"]["Completeness"];
            connector: string;
            /**
             * Format: int64
             * @description Files and bytes of the newest.
             */
            files: number;
            last_snapshot: string;
            last_time?: string | null;
            origin: string;
            /** Format: int64 */
            snapshots: number;
        };
        Owner: {
            /** Format: int32 */
            gid: number;
            group?: string | null;
            /** Format: int32 */
            uid: number;
            user?: string | null;
        };
        /**
         * @description How a path fares in a snapshot, next to the one of the same origin before it.
         * @enum {string}
         */
        Presence: "same" | "changed" | "added" | "removed" | "absent" | "damaged";
        /** @description What went wrong, in the form that pages and programs read. */
        Problem: {
            /** @description A sentence about this one. */
            detail: string;
            /** @description What to do about it. */
            hint?: string | null;
            kind: components["schemas"]["FailureKind"];
            /** Format: int32 */
            status: number;
            /** @description A few words, the same for all problems of a kind. */
            title: string;
            /** @description Always `about:blank`: `kind` tells the kinds apart. */
            type: string;
        };
        RestUsage: {
            /** Format: int64 */
            before_bytes?: number | null;
            /** Format: int64 */
            bytes: number;
            /** Format: int64 */
            count: number;
        };
        SearchList: {
            items: components["schemas"]["Hit"][];
            next?: string | null;
            searched: components["schemas"]["Searched"];
            /** Format: int64 */
            total?: number | null;
        };
        Searched: {
            /** @description The index of names is being built: until it is there, a search takes longer. */
            building: boolean;
            /**
             * Format: int64
             * @description Entries that were looked through.
             */
            entries: number;
            /** Format: int64 */
            snapshots: number;
            /** Format: int64 */
            took_ms: number;
        };
        /** @description Who is looking. */
        Session: {
            authenticated: boolean;
            /** @description What the header `X-Larder-CSRF` has to be; null without a session. */
            csrf?: string | null;
            /** @description There was a session, and it has ended. */
            expired: boolean;
            /** @description When the session ends unless it is used. */
            expires?: string | null;
            /** @description Whether one signs in with a password. */
            needs_password: boolean;
        };
        SignIn: {
            password: string;
        };
        /** @description One source at one moment. */
        Snapshot: {
            /** Format: int64 */
            bytes: number;
            completeness: components["schemas"]["Completeness"];
            connector: string;
            end?: string | null;
            /** Format: int64 */
            files: number;
            /** Format: int64 */
            folders: number;
            host: string;
            /** @description 64 hex digits. */
            id: string;
            /**
             * Format: int64
             * @description Rows of its ledger: items that are missing.
             */
            missing: number;
            /**
             * Format: int64
             * @description Rows of its ledger: remarks.
             */
            notes: number;
            /** @description What it was taken of, as text. */
            origin: string;
            parent?: string | null;
            program: string;
            /** @description The paths that it was taken of, escaped. In lists they are left out where there are many. */
            roots: string[];
            /**
             * Format: int64
             * @description Which one of its origin it is.
             */
            sequence: number;
            start?: string | null;
            statistics?: components["schemas"]["Statistics"] | null;
            tags: string[];
        };
        /** @enum {string} */
        SnapshotSort: "time" | "-time" | "origin" | "-origin" | "files" | "-files" | "bytes" | "-bytes";
        Statistics: {
            /** Format: int64 */
            blobs_new: number;
            /** Format: int64 */
            bytes_read: number;
            /** Format: int64 */
            bytes_stored: number;
            /** Format: int64 */
            duration_ms: number;
            /** Format: int64 */
            files_changed: number;
            /** Format: int64 */
            files_new: number;
            /** Format: int64 */
            files_unchanged: number;
            /** Format: int64 */
            packs: number;
        };
        StoreSummary: {
            /** @description Whether a folder of the viewer's machine may be typed as the place of a restore. */
            allow_folder: boolean;
            allow_restore: boolean;
            created?: string | null;
            destinations: components["schemas"]["DestinationSummary"][];
            health: components["schemas"]["Health"];
            id: string;
            /** @description A short name for people. */
            name: string;
            /** @description The one with the newest snapshot first. */
            origins: components["schemas"]["OriginSummary"][];
            totals: components["schemas"]["StoreTotals"];
            /** @description Of the program. */
            version: string;
        };
        StoreTotals: {
            /** Format: int64 */
            blobs: number;
            /** Format: int64 */
            content_bytes: number;
            first?: string | null;
            last?: string | null;
            /** Format: int64 */
            metadata_bytes: number;
            /** Format: int64 */
            newest_bytes: number;
            /** Format: int64 */
            newest_files: number;
            /** Format: int64 */
            other_bytes: number;
            /** Format: int64 */
            packs: number;
            /**
             * Format: double
             * @description How many times smaller the store is than that.
             */
            ratio?: number | null;
            /** Format: int64 */
            snapshots: number;
            /**
             * Format: int64
             * @description All files of all snapshots, as plain copies.
             */
            source_bytes: number;
            /** Format: int64 */
            stored_bytes: number;
        };
        /**
         * @description Yes or no in a parameter.
         * @enum {string}
         */
        Switch: "0" | "1";
        /** @description Something that runs in the background. */
        Task: {
            /** Format: int64 */
            bytes_done: number;
            /** Format: int64 */
            bytes_total?: number | null;
            created?: string | null;
            /** @description The item at hand, escaped. */
            current?: string | null;
            dry_run: boolean;
            ended?: string | null;
            /** Format: int64 */
            files_done: number;
            /** Format: int64 */
            files_total?: number | null;
            id: string;
            kind: components["schemas"]["TaskKind"];
            /** @description What it is at: compare, restore, … */
            phase?: string | null;
            problem?: components["schemas"]["Problem"] | null;
            report?: components["schemas"]["TaskReport"] | null;
            /** @description Items that are missing or kept differently; the first hundred. */
            skips: components["schemas"]["TaskSkip"][];
            state: components["schemas"]["TaskState"];
            title: string;
        };
        /** @enum {string} */
        TaskKind: "restore";
        TaskList: {
            items: components["schemas"]["Task"][];
        };
        /** @description How a restore ended, or would end. */
        TaskReport: {
            /** Format: int64 */
            bytes: number;
            /**
             * Format: int64
             * @description Folders made.
             */
            folders: number;
            /** Format: int64 */
            missing: number;
            /**
             * Format: int64
             * @description Kept differently than asked.
             */
            notes: number;
            /**
             * Format: int64
             * @description In the way, and left as they were.
             */
            skipped: number;
            /**
             * Format: int64
             * @description There already with the same content.
             */
            unchanged: number;
            /**
             * Format: int64
             * @description Files, links and devices written.
             */
            written: number;
        };
        /** @description An item that could not be restored as it was. */
        TaskSkip: {
            is_missing: boolean;
            message: string;
            path: string;
            reason: string;
        };
        /** @enum {string} */
        TaskState: "running" | "done" | "partial" | "failed" | "stopped";
        Text: {
            /** @description It is no text. */
            binary: boolean;
            encoding: components["schemas"]["Encoding"];
            /**
             * Format: int64
             * @description Lines of what is shown.
             */
            lines: number;
            /**
             * Format: int64
             * @description Bytes of the whole file.
             */
            size: number;
            /** @description Empty when it is none. */
            text: string;
            /** @description There is more of it. */
            truncated: boolean;
        };
        /**
         * @description What to do about something else that is in the way.
         * @enum {string}
         */
        Way: "fail" | "skip" | "overwrite" | "keep-newer";
        Xattr: {
            /** Format: int64 */
            len: number;
            name: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_diff: {
        parameters: {
            query: {
                /**
                 * @description The snapshot before.
                 * @example latest
                 */
                from: string;
                /**
                 * @description The snapshot after.
                 * @example latest
                 */
                to: string;
                /**
                 * @description Only what is in this folder, or this file.
                 * @example /
                 */
                path?: string;
                /** @description Kinds of changes, separated by commas; all unless given. */
                kinds?: string;
                /** @description How many rows at most; 100 unless given. */
                limit?: number;
                /** @description Where to go on: `next` of the answer before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiffList"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_download: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewDownload"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewDownloadAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_download: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the archive */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_download_status: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadStatus"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_history: {
        parameters: {
            query?: {
                /**
                 * @description An item.
                 * @example /
                 */
                path?: string;
                /** @description Only snapshots of this origin. */
                origin?: string;
                /** @description How many rows at most; 100 unless given. */
                limit?: number;
                /** @description Where to go on: `next` of the answer before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_HistoryRow"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_restore: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRestore"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_search: {
        parameters: {
            query: {
                /**
                 * @description A part of a name; a pattern where it holds `*` or `?`; one of whole paths where it holds a slash.
                 * @example *.txt
                 */
                q: string;
                /** @description Only in this snapshot. */
                snapshot?: string;
                /** @description Only in snapshots of this origin. */
                origin?: string;
                kind?: components["schemas"]["EntryKind"];
                /** @description Bytes of a file at least. */
                min_size?: number;
                /** @description Bytes of a file at most. */
                max_size?: number;
                /** @description Changed at this moment or later. */
                since?: string;
                /** @description Changed before this moment. */
                until?: string;
                /** @description 1: `a` stands for `A` too. */
                ignore_case?: components["schemas"]["Switch"];
                /** @description How many rows at most; 100 unless given. */
                limit?: number;
                /** @description Where to go on: `next` of the answer before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchList"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description signed in: the cookie is set */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description signed out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_snapshots: {
        parameters: {
            query?: {
                /** @description Only of this origin, as text. */
                origin?: string;
                /** @description Only those with this tag. */
                tag?: string;
                /** @description Only those taken on this machine. */
                host?: string;
                /** @description Only those that began at this moment or later. */
                since?: string;
                /** @description Only those that began before this moment. */
                until?: string;
                completeness?: components["schemas"]["Completeness"];
                sort?: components["schemas"]["SnapshotSort"];
                /** @description How many rows at most; 100 unless given. */
                limit?: number;
                /** @description Where to go on: `next` of the answer before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Snapshot"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_snapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description a snapshot
                 * @example latest
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_content: {
        parameters: {
            query?: {
                /**
                 * @description A file.
                 * @example /
                 */
                path?: string;
                /** @description 1: to be saved, whatever it is. */
                download?: components["schemas"]["Switch"];
                /** @description The id of a download whose status tells how it goes. */
                watch?: string;
            };
            header?: never;
            path: {
                /**
                 * @description a snapshot
                 * @example latest
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the whole file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description a part of it */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description it is what If-None-Match says */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description there is no such part */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_entries: {
        parameters: {
            query?: {
                /**
                 * @description A folder; the top unless given.
                 * @example /
                 */
                path?: string;
                /** @description How many entries at most; 100 unless given. */
                limit?: number;
                /** @description Where to go on: `next` of the answer before. */
                cursor?: string;
                /** @description Begin at this row, the first one being 0. */
                at?: number;
                sort?: components["schemas"]["EntrySort"];
                order?: components["schemas"]["Order"];
                /** @description 1: folders only, sorted by name. */
                folders_only?: components["schemas"]["Switch"];
            };
            header?: never;
            path: {
                /**
                 * @description a snapshot
                 * @example latest
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryList"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_entry: {
        parameters: {
            query?: {
                /**
                 * @description An item.
                 * @example /
                 */
                path?: string;
            };
            header?: never;
            path: {
                /**
                 * @description a snapshot
                 * @example latest
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_ledger: {
        parameters: {
            query?: {
                /** @description Only rows of this class. */
                class?: components["schemas"]["LedgerClass"];
                /** @description How many rows at most; 100 unless given. */
                limit?: number;
                /** @description Where to go on: `next` of the answer before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description a snapshot
                 * @example latest
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_LedgerRow"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_text: {
        parameters: {
            query?: {
                /**
                 * @description A file.
                 * @example /
                 */
                path?: string;
                /** @description Bytes of the file at most; 1 MiB unless given. */
                limit?: number;
            };
            header?: never;
            path: {
                /**
                 * @description a snapshot
                 * @example latest
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Text"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_thumbnail: {
        parameters: {
            query?: {
                /**
                 * @description A picture's file.
                 * @example /
                 */
                path?: string;
                /** @description Width and height at most; 256 unless given. */
                size?: number;
            };
            header?: never;
            path: {
                /**
                 * @description a snapshot
                 * @example latest
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description JPEG, or PNG where it is transparent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": unknown;
                };
            };
            /** @description it is what If-None-Match says */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description too many pixels */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description no picture */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_usage: {
        parameters: {
            query?: {
                /**
                 * @description A folder; the top unless given.
                 * @example /
                 */
                path?: string;
                /** @description A snapshot to compare with. */
                compare?: string;
            };
            header?: never;
            path: {
                /**
                 * @description a snapshot
                 * @example latest
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FolderUsage"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_store: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoreSummary"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_tasks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskList"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_task_events: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["Task"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_task: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_task: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
