//! Second names of a file where there are no hard links: copies, with a note for each.

use larder_connect::{NewFile, OpenFile, Piece, TargetFolder};
use larder_model::{Entry, Kind, Problem, Result, Skip};

use super::{file::FsNewFile, folder::FsTargetFolder};

const BUFFER_BYTES: usize = 256 << 10;

/// Copies the file `original`, which this restore made, with all that it has.
pub fn copy(
    from: &FsTargetFolder,
    original: &[u8],
    to: &FsTargetFolder,
    name: &[u8],
    skips: &mut dyn FnMut(Skip),
) -> Result<()> {
    let source = from.look(original)?.filter(|entry| entry.kind == Kind::File);
    let Some(source) = source else {
        let path = to.path().child(name);
        return Err(Problem::failed(format!("{path} cannot be a hard link here, and its original is no file to copy")));
    };
    let mut content = from.read(&source)?;
    let mut file = FsNewFile::create(to, &Entry { name: name.into(), ..source })?;
    copy_content(&mut *content, &file)?;
    file.set_metadata(content.finish(skips)?);
    Box::new(file).finish(skips)?;
    let path = to.path().child(name);
    let message = format!("{path} is a copy: a hard link to {} is not possible here", from.path().child(original));
    skips(Skip::note(path, "copied", message));
    Ok(())
}

fn copy_content(content: &mut dyn OpenFile, file: &dyn NewFile) -> Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut position = 0;
    loop {
        position += match content.next(&mut buffer)? {
            Piece::Data(len) => {
                file.write_at(position, &buffer[..len])?;
                len as u64
            }
            Piece::Hole(len) => len,
            Piece::End => return Ok(()),
        };
    }
}
