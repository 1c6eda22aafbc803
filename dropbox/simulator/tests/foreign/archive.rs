//! Archives, opened by Python's own reader.

use std::process::Command;

use dropbox_simulator::{Options, Simulator};

use crate::kit::{heard, works};

/// Reads the archive from standard input's address and prints each file's name and size once its checksum was right.
const SCRIPT: &str = "\
import io, sys, urllib.request, zipfile
request = urllib.request.Request(sys.argv[1] + '/2/files/download_zip', method='POST', headers={
    'Authorization': 'Bearer ' + sys.argv[2], 'Dropbox-API-Arg': '{\"path\": \"/Top\"}'})
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
archive = zipfile.ZipFile(io.BytesIO(opener.open(request).read()))
assert archive.testzip() is None
for entry in archive.infolist():
    print(entry.filename, entry.file_size, entry.compress_type, entry.date_time[:3])
";

#[test]
fn pythons_zipfile_reads_both_kinds() {
    if !works(Command::new("python3").arg("--version")) {
        println!("Skipped: python3 is not installed");
        return;
    }
    let simulator = Simulator::start(Options::default()).unwrap();
    let account = simulator.account();
    account.write_at("/Top/ü.txt", b"hello", 1_600_000_000);
    account.write_generated("/Top/sub/large", 700_000, 1);
    let read = || {
        let mut command = Command::new("python3");
        let output = command.args(["-c", SCRIPT, &simulator.endpoint(), &account.token()]).output().unwrap();
        heard(&output)
    };
    let stored = read();
    assert!(stored.contains("Top/ü.txt 5 0 (2020, 9, 13)"), "{stored}");
    assert!(stored.contains("Top/sub/large 700000 0 "), "{stored}");
    simulator.configure(|options| options.zip.deflate = true);
    let packed = read();
    assert!(packed.contains("Top/sub/large 700000 8 "), "{packed}");
    // A flipped byte has a checksum that fits: only the content hash tells.
    simulator.configure(|options| options.zip.flipped = 1.0);
    assert!(read().contains("Top/ü.txt 5 8"));
}
