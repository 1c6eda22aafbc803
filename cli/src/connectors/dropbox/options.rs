//! What can be set for a remote in Dropbox.

use crate::remotes::{
    Kind, OptionSpec,
    Role::{self, Source, Store},
};

const ALL: &[Role] = &Role::ALL;

pub const OPTIONS: &[OptionSpec] = &[
    option("account", Kind::Account, ALL, "whose credentials to use, if not those of the remote's own name"),
    option("root_namespace", Kind::Id, ALL, "the namespace that paths are in, if not all that the account sees"),
    option("endpoint", Kind::Address, ALL, "send all calls below this address instead of to Dropbox"),
    option(
        "pace",
        Kind::Number { min: 1, max: 1_000 },
        ALL,
        "calls a second that are never exceeded; without it, the pace adapts",
    ),
    option("retries", Kind::Number { min: 0, max: 100 }, ALL, "how often a call is tried again"),
    option("threads", Kind::Number { min: 1, max: 64 }, ALL, "at most so many calls at a time"),
    option(
        "call_budget",
        Kind::Number { min: 1, max: u64::MAX },
        ALL,
        "calls a month, uploads and others each; a run stops before it makes more",
    ),
    option("bandwidth_up", Kind::Size, ALL, "at most so many bytes a second to Dropbox, such as 2M"),
    option("bandwidth_down", Kind::Size, ALL, "at most so many bytes a second from Dropbox, such as 2M"),
    option(
        "visibility",
        Kind::Number { min: 0, max: 3_600 },
        &[Store],
        "seconds until others see what was written; gc waits for twice as long",
    ),
    option("zip", Kind::Switch, &[Source], "fetch many small files of a folder at once: on or off"),
    option("relist", Kind::Number { min: 1, max: 3_650 }, &[Source], "days until everything is listed anew"),
    option(
        "export",
        Kind::Words,
        &[Source],
        "the formats that online documents are exported to, such as docx,pdf; off: none",
    ),
];

const fn option(name: &'static str, kind: Kind, roles: &'static [Role], help: &'static str) -> OptionSpec {
    OptionSpec { name, kind, roles, help }
}
