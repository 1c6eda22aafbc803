//! Zips that others wrote to a pipe: `Top/`, `Top/ä.txt` and an empty file. They were made by
//! Python's `zipfile` (into a file object that cannot seek, with `force_zip64` or without) and by Info-ZIP's `zip -r0fd - Top`.

use super::*;

const FILES: [(&str, &[u8]); 2] = [("Top/ä.txt", b"text text text"), ("Top/empty", b"")];

#[test]
fn zips_of_other_writers() {
    for (writer, bytes) in [
        ("Python, stored", PYTHON_STORED),
        ("Python, stored, zip64", PYTHON_STORED_ZIP64),
        ("Python, deflated", PYTHON_DEFLATED),
        ("Python, deflated, zip64", PYTHON_DEFLATED_ZIP64),
        ("Info-ZIP, stored", INFO_ZIP_STORED),
        ("Info-ZIP, deflated", INFO_ZIP_DEFLATED),
    ] {
        for contents in [read_blindly(bytes), read(Paced { bytes, pace: 3 }, expecting(&FILES), 5)] {
            assert!(contents.stopped.is_none(), "{writer}: {:?}", contents.stopped);
            assert_eq!(contents.entries.len(), 3, "{writer}");
            assert!(contents.entries[0].0.is_folder, "{writer}");
            for (name, content) in FILES {
                assert_eq!(contents.get(name), Some(content), "{writer}: {name}");
            }
        }
    }
}

const PYTHON_STORED: &[u8] = b"\
    PK\x03\x04\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0Top/PK\x03\x04\x14\0\x08\x08\0\0\0\0!\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\x0a\0\0\0Top/\xc3\xa4.txttext text textPK\x07\x08=C:\xb3\x0e\0\0\0\x0e\0\0\0PK\x03\x04\x14\
    \0\x08\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0Top/emptyPK\x07\x08\0\0\0\0\0\0\0\0\0\0\0\0PK\x01\x02\x14\
    \x03\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\x10\0\xffA\0\0\0\0Top/PK\x01\x02\x14\
    \x03\x14\0\x08\x08\0\0\0\0!\0=C:\xb3\x0e\0\0\0\x0e\0\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\x80\x01\x22\0\0\0Top/\xc3\
    \xa4.txtPK\x01\x02\x14\x03\x14\0\x08\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\x80\x01h\0\
    \0\0Top/emptyPK\x05\x06\0\0\0\0\x03\0\x03\0\xa1\0\0\0\x9f\0\0\0\0\0";

const PYTHON_STORED_ZIP64: &[u8] = b"\
    PK\x03\x04\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0Top/PK\x03\x04-\0\x08\x08\0\0\0\0!\0\0\0\0\0\
    \xff\xff\xff\xff\xff\xff\xff\xff\x0a\0\x14\0Top/\xc3\xa4.txt\x01\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0text t\
    ext textPK\x07\x08=C:\xb3\x0e\0\0\0\0\0\0\0\x0e\0\0\0\0\0\0\0PK\x03\x04-\0\x08\0\0\0\0\0!\0\0\0\0\0\xff\xff\
    \xff\xff\xff\xff\xff\xff\x09\0\x14\0Top/empty\x01\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0PK\x07\x08\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\
    \0\0\0\x10\0\xffA\0\0\0\0Top/PK\x01\x02-\x03-\0\x08\x08\0\0\0\0!\0=C:\xb3\x0e\0\0\0\x0e\0\0\0\x0a\0\0\0\0\0\0\
    \0\0\0\0\0\x80\x01\x22\0\0\0Top/\xc3\xa4.txtPK\x01\x02-\x03-\0\x08\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\
    \0\0\0\0\0\0\0\0\0\0\x80\x01\x84\0\0\0Top/emptyPK\x05\x06\0\0\0\0\x03\0\x03\0\xa1\0\0\0\xd7\0\0\0\0\0";

const PYTHON_DEFLATED: &[u8] = b"\
    PK\x03\x04\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0Top/PK\x03\x04\x14\0\x08\x08\x08\0\0\0!\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\x0a\0\0\0Top/\xc3\xa4.txt+I\xad(Q(\x81\x11\0PK\x07\x08=C:\xb3\x09\0\0\0\x0e\0\0\0PK\x03\
    \x04\x14\0\x08\0\x08\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0Top/empty\x03\0PK\x07\x08\0\0\0\0\x02\0\0\0\0\0\
    \0\0PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\x10\0\xffA\0\0\0\0To\
    p/PK\x01\x02\x14\x03\x14\0\x08\x08\x08\0\0\0!\0=C:\xb3\x09\0\0\0\x0e\0\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\x80\x01\
    \x22\0\0\0Top/\xc3\xa4.txtPK\x01\x02\x14\x03\x14\0\x08\0\x08\0\0\0!\0\0\0\0\0\x02\0\0\0\0\0\0\0\x09\0\0\0\0\0\
    \0\0\0\0\0\0\x80\x01c\0\0\0Top/emptyPK\x05\x06\0\0\0\0\x03\0\x03\0\xa1\0\0\0\x9c\0\0\0\0\0";

const PYTHON_DEFLATED_ZIP64: &[u8] = b"\
    PK\x03\x04\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0Top/PK\x03\x04-\0\x08\x08\x08\0\0\0!\0\0\0\0\
    \0\xff\xff\xff\xff\xff\xff\xff\xff\x0a\0\x14\0Top/\xc3\xa4.txt\x01\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0+I\
    \xad(Q(\x81\x11\0PK\x07\x08=C:\xb3\x09\0\0\0\0\0\0\0\x0e\0\0\0\0\0\0\0PK\x03\x04-\0\x08\0\x08\0\0\0!\0\0\0\0\0\
    \xff\xff\xff\xff\xff\xff\xff\xff\x09\0\x14\0Top/empty\x01\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03\0PK\x07\
    \x08\0\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x04\0\0\0\0\0\0\0\0\0\x10\0\xffA\0\0\0\0Top/PK\x01\x02-\x03-\0\x08\x08\x08\0\0\0!\0=C:\xb3\x09\0\0\0\x0e\0\0\
    \0\x0a\0\0\0\0\0\0\0\0\0\0\0\x80\x01\x22\0\0\0Top/\xc3\xa4.txtPK\x01\x02-\x03-\0\x08\0\x08\0\0\0!\0\0\0\0\0\
    \x02\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\x80\x01\x7f\0\0\0Top/emptyPK\x05\x06\0\0\0\0\x03\0\x03\0\xa1\0\0\
    \0\xd4\0\0\0\0\0";

const INFO_ZIP_STORED: &[u8] = b"\
    PK\x03\x04\x0a\0\0\0\0\0\xa2\x09z]\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\x1c\0Top/UT\x09\0\x03\x9f\x87\x07k\x9f\x87\
    \x07kux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0PK\x03\x04\x0a\0\x08\0\0\0\xa2\x09z]\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\
    \x1c\0Top/emptyUT\x09\0\x03\x9f\x87\x07k\x9f\x87\x07kux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0PK\x07\x08\0\0\0\0\0\
    \0\0\0\0\0\0\0PK\x03\x04\x0a\0\x08\0\0\0\xa2\x09z]\0\0\0\0\x0e\0\0\0\x0e\0\0\0\x0a\0\x1c\0Top/\xc3\xa4.txtUT\
    \x09\0\x03\x9f\x87\x07k\x9f\x87\x07kux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0text text textPK\x07\x08=C:\xb3\x0e\0\
    \0\0\x0e\0\0\0PK\x01\x02\x1e\x03\x0a\0\0\0\0\0\xa2\x09z]\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\x18\0\0\0\0\0\0\0\x10\0\
    \xedA\0\0\0\0Top/UT\x05\0\x03\x9f\x87\x07kux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0PK\x01\x02\x1e\x03\x0a\0\x08\0\0\
    \0\xa2\x09z]\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\x18\0\0\0\0\0\0\0\0\0\xa4\x81>\0\0\0Top/emptyUT\x05\0\x03\x9f\x87\
    \x07kux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0PK\x01\x02\x1e\x03\x0a\0\x08\0\0\0\xa2\x09z]=C:\xb3\x0e\0\0\0\x0e\0\0\
    \0\x0a\0\x18\0\0\0\0\0\0\0\0\0\xa4\x81\x91\0\0\0Top/\xc3\xa4.txtUT\x05\0\x03\x9f\x87\x07kux\x0b\0\x01\x04\0\0\
    \0\0\x04\0\0\0\0PK\x05\x06\0\0\0\0\x03\0\x03\0\xe9\0\0\0\xf3\0\0\0\0\0";

const INFO_ZIP_DEFLATED: &[u8] = b"\
    PK\x03\x04\x0a\0\0\0\0\0\xa2\x09z]\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\x1c\0Top/UT\x09\0\x03\x9f\x87\x07k\x9f\x87\
    \x07kux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0PK\x03\x04\x0a\0\x08\0\0\0\xa2\x09z]\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\
    \x1c\0Top/emptyUT\x09\0\x03\x9f\x87\x07k\x9f\x87\x07kux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0PK\x07\x08\0\0\0\0\0\
    \0\0\0\0\0\0\0PK\x03\x04\x14\0\x08\0\x08\0\xa2\x09z]\0\0\0\0\0\0\0\0\x0e\0\0\0\x0a\0\x1c\0Top/\xc3\xa4.txtUT\
    \x09\0\x03\x9f\x87\x07k\x9f\x87\x07kux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0+I\xad(Q(\x81\x11\0PK\x07\x08=C:\xb3\
    \x09\0\0\0\x0e\0\0\0PK\x01\x02\x1e\x03\x0a\0\0\0\0\0\xa2\x09z]\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\x18\0\0\0\0\0\0\0\
    \x10\0\xedA\0\0\0\0Top/UT\x05\0\x03\x9f\x87\x07kux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0PK\x01\x02\x1e\x03\x0a\0\
    \x08\0\0\0\xa2\x09z]\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\x18\0\0\0\0\0\0\0\0\0\xa4\x81>\0\0\0Top/emptyUT\x05\0\x03\
    \x9f\x87\x07kux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0PK\x01\x02\x1e\x03\x14\0\x08\0\x08\0\xa2\x09z]=C:\xb3\x09\0\0\
    \0\x0e\0\0\0\x0a\0\x18\0\0\0\0\0\x01\0\0\0\xa4\x81\x91\0\0\0Top/\xc3\xa4.txtUT\x05\0\x03\x9f\x87\x07kux\x0b\0\
    \x01\x04\0\0\0\0\x04\0\0\0\0PK\x05\x06\0\0\0\0\x03\0\x03\0\xe9\0\0\0\xee\0\0\0\0\0";
