//! What the commands say, word by word: a transcript a command, in `transcripts/`.

macro_rules! transcripts {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                crate::support::transcript::check(stringify!($name));
            }
        )*
    };
}

transcripts! {
    auth
    backup
    bad_input
    cat
    check
    completions
    create
    destination
    diff
    find
    gc
    grammar
    info
    key
    ls
    mount
    repair
    restore
    rm
    source
    store
    ui
    version
}

/// Every command has a transcript, or a test of its own.
#[test]
fn every_command_is_tested() {
    let sandbox = crate::support::sandbox::Sandbox::new();
    let (_, _, help) = sandbox.run("larder");
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for command in commands.filter_map(|line| line.split_ascii_whitespace().next()) {
        let file = format!("{}/tests/transcripts/{command}.txt", env!("CARGO_MANIFEST_DIR"));
        assert!(command == "demo" || std::path::Path::new(&file).exists(), "there is no transcript of `{command}`");
    }
}
