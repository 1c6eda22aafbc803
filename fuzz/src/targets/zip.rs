//! Zips as Dropbox sends them.

use larder_dropbox::decoders::ZipReader;

/// What is read of one zip at most: deflated bytes can stand for a thousand times as many.
const BYTES_MAX: usize = 256 << 10;
/// An entry's header is no shorter.
const HEAD_LEN: usize = 30;

/// `data` as a zip that arrives in small pieces, behind a byte that chooses what the listing says of lengths. Reading ends, whatever it
/// says, and an error tells whether it can go on.
pub fn zip(data: &[u8]) -> bool {
    let Some((choice, zip)) = data.split_first() else {
        return false;
    };
    let mut reader = ZipReader::new(Pieces(zip, usize::from(choice % 7) * 100 + 1));
    let (mut entries, mut read) = (0, 0);
    let mut buffer = [0; 4096];
    loop {
        let head = match reader.next_entry() {
            Ok(Some(head)) => head,
            Ok(None) => return entries > 0,
            Err(error) => {
                assert!(!error.is_recoverable(), "{error}");
                return entries > 0 && read > 0;
            }
        };
        entries += 1;
        assert!(entries <= zip.len() / HEAD_LEN + 1);
        reader.expect_length(match choice / 64 {
            0 => None,
            1 => Some(u64::from(choice % 64)),
            2 => Some(u64::from(*choice) * 100),
            _ => Some(u64::MAX),
        });
        assert!(head.name.len() <= usize::from(u16::MAX) * 3);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(error) if error.is_recoverable() => break,
                Err(_) => return read > 0,
            }
            if read > BYTES_MAX {
                return true;
            }
        }
    }
}

/// Bytes in pieces of some length.
struct Pieces<'d>(&'d [u8], usize);

impl std::io::Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.1.min(buffer.len());
        self.0.read(&mut buffer[..len])
    }
}
