//! A zip archive of a folder, stored.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::path::Path;

pub(super) fn folder(folder: &Path) -> Vec<u8> {
    let mut files = Vec::new();
    list(folder, "", &mut files);
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in &files {
        let offset = u32::try_from(archive.len()).unwrap();
        let common = common(name, content);
        archive.extend(b"PK\x03\x04".iter().chain(&common).chain(name.as_bytes()).chain(content));
        directory.extend(b"PK\x01\x02\x14\x00".iter().chain(&common));
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes().iter().chain(name.as_bytes()));
    }
    let (count, offset) = (u16::try_from(files.len()).unwrap().to_le_bytes(), u32::try_from(archive.len()).unwrap());
    let size = u32::try_from(directory.len()).unwrap();
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\x00\x00\x00\x00".iter().chain(&count).chain(&count));
    archive.extend(size.to_le_bytes().iter().chain(&offset.to_le_bytes()).chain(&[0, 0]));
    archive
}

fn list(folder: &Path, before: &str, files: &mut Vec<(String, Vec<u8>)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{before}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), &format!("{name}/"), files);
        } else {
            files.push((name, fs::read(entry.path()).unwrap()));
        }
    }
}

/// What the entry of a file and that of the directory share.
fn common(name: &str, content: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in content {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
    common.extend((!crc).to_le_bytes().iter().chain(&size).chain(&size));
    common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    common.extend([0, 0]);
    common
}
