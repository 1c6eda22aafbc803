//! Inner pages of a directory tree.

use larder_model::BlobId;

use super::{
    NAME_LEN_MAX, PageRef, Totals, Type,
    columns::{Columns, id, push},
    head,
};
use crate::{FormatError, Result, wire::Reader, wire::Write as _};

/// A page below an inner page of a directory tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FolderChild {
    /// The last name in or below it.
    pub last_name: Box<[u8]>,
    pub page: PageRef,
    pub totals: Totals,
}

/// An inner page of `level` (1 or more) over `children` of the level below.
pub fn encode_inner(level: u8, children: &[FolderChild]) -> Vec<u8> {
    let mut page = head(Type::FolderInner, level, children.len());
    push(&mut page, id::NAMES, &encode_names(children.iter().map(|child| &child.last_name[..])));
    let ids: Vec<u8> = children.iter().flat_map(|child| child.page.id.0).collect();
    push(&mut page, id::BLOBS, &ids);
    let mut totals = Vec::with_capacity(children.len() * 8);
    children.iter().for_each(|child| put_totals(&mut totals, child.totals));
    push(&mut page, id::TOTALS, &totals);
    page
}

pub(super) fn decode_inner(columns: &Columns, level: u8, count: usize) -> Result<Vec<FolderChild>> {
    let names = decode_names(columns.required(id::NAMES)?, count)?;
    let (mut ids, mut totals) = (columns.required(id::BLOBS)?, columns.required(id::TOTALS)?);
    names
        .into_iter()
        .map(|name| {
            Ok(FolderChild {
                last_name: name.into(),
                page: PageRef { id: BlobId(ids.array()?), level: level - 1 },
                totals: read_totals(&mut totals)?,
            })
        })
        .collect()
}

pub(super) fn encode_names<'a>(names: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<u8> {
    let mut column = Vec::new();
    names.clone().for_each(|name| column.put_varint(name.len() as u64));
    names.for_each(|name| column.extend_from_slice(name));
    column
}

/// Names, checked: sorted, unique, harmless.
pub(super) fn decode_names(mut column: Reader<'_>, count: usize) -> Result<Vec<&[u8]>> {
    let lengths = (0..count).map(|_| column.varint32()).collect::<Result<Vec<_>>>()?;
    let mut names: Vec<&[u8]> = Vec::with_capacity(count);
    for len in lengths {
        let name = column.bytes(len as usize)?;
        if name.len() > NAME_LEN_MAX || !larder_model::Entry::is_safe_name(name) {
            return Err(FormatError::Damaged("a page holds a name that no file can have"));
        }
        if names.last().is_some_and(|last| *last >= name) {
            return Err(FormatError::Damaged("a page's names are out of order"));
        }
        names.push(name);
    }
    Ok(names)
}

pub(super) fn put_totals(out: &mut Vec<u8>, totals: Totals) {
    [totals.files, totals.folders, totals.bytes].into_iter().for_each(|number| out.put_varint(number));
}

pub(super) fn read_totals(reader: &mut Reader) -> Result<Totals> {
    Ok(Totals { files: reader.varint()?, folders: reader.varint()?, bytes: reader.varint()? })
}
